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

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte("42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 1 0"))
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "42 (a) S 1", "42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 x y 7"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) found something", bad)
		}
	}
}

func TestParseMachine(t *testing.T) {
	got, err := parseMachine([]byte("cpu  100 10 50 9999 777 5 6 7 100 0\ncpu0 1 2 3"))
	if err != nil || got != (machine{busy: 1710 * time.Millisecond, stolen: 70 * time.Millisecond}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "cpu 1 2", "intr 1 2 3 4 5 6 7 8", "cpu a 1 1 1 1 1 1 1"} {
		if _, err := parseMachine([]byte(bad)); err == nil {
			t.Errorf("parseMachine(%q) found something", bad)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 1 0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseStat(b)
		_, _ = parseMachine(b)
	})
}
