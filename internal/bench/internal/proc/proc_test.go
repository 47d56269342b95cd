package proc

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestMain acts as the child of this package's tests if the environment says so. The child
// works without end.
func TestMain(m *testing.M) {
	if os.Getenv("PROC_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	for n := 0; ; n++ {
		_ = n * n
	}
}

func TestResident(t *testing.T) {
	if resident, err := Resident(os.Getpid()); err != nil || resident < 1<<20 {
		t.Errorf("resident %d bytes, %v", resident, err)
	}
}

func TestWindow_CountsTheProcess(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PROC_TEST_CHILD=work")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	pid := cmd.Process.Pid
	w, err := Begin(pid)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		u, err := w.End()
		if err != nil {
			t.Fatal(err)
		}
		if u.Of(pid) >= 50*time.Millisecond {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a process that is always busy used %v in %v", u.Of(pid), u.Elapsed)
		}
	}
}
