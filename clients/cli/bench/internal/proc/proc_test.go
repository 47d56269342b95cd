package proc

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is the child of this package's tests where the environment says so.
func TestMain(m *testing.M) {
	switch os.Getenv("PROC_TEST_CHILD") {
	case "":
		os.Exit(m.Run())
	case "serve":
		fmt.Fprintln(os.Stderr, "starting\nready at once")
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
	case "work":
		fmt.Println("ready")
		for {
			_ = strings.Repeat("x", 1<<10)
		}
	case "fail":
		fmt.Println("no such thing")
		os.Exit(3)
	}
}

func child(role string, ready func(string) bool) Spec {
	return Spec{Name: role, Path: os.Args[0], Env: []string{"PROC_TEST_CHILD=" + role}, Ready: ready}
}

func isReady(line string) bool { return strings.HasPrefix(line, "ready") }

func TestStart_WaitsForTheReadyLine(t *testing.T) {
	p, err := Start(t.Context(), child("serve", isReady), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if p.Took <= 0 {
		t.Errorf("ready after %v", p.Took)
	}
	if err := p.Alive(); err != nil {
		t.Error(err)
	}
	resident, err := Resident(p.PID)
	if err != nil || resident < 1<<20 {
		t.Errorf("resident %d bytes, %v", resident, err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if err := p.Alive(); err == nil {
		t.Error("alive after Stop")
	}
	if err := p.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func TestStart_TellsTheLastWordsOfOneThatFails(t *testing.T) {
	_, err := Start(t.Context(), child("fail", isReady), 20*time.Second)
	if err == nil || !strings.Contains(err.Error(), "no such thing") || !strings.Contains(err.Error(), "exit status 3") {
		t.Fatalf("Start: %v", err)
	}
}

func TestStart_GivesUp(t *testing.T) {
	never := func(string) bool { return false }
	_, err := Start(t.Context(), child("serve", never), 50*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "not ready within") {
		t.Fatalf("Start: %v", err)
	}
}

func TestWindow_CountsTheProcess(t *testing.T) {
	p, err := Start(t.Context(), child("work", isReady), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	w, err := Begin(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		u, err := w.End()
		if err != nil {
			t.Fatal(err)
		}
		if u.Of(p.PID) >= 50*time.Millisecond {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a process that is always busy used %v in %v", u.Of(p.PID), u.Elapsed)
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

func TestOutput_KeepsOnlyTheEnd(t *testing.T) {
	o := newOutput(nil)
	for range 100 {
		if _, err := o.Write([]byte(strings.Repeat("a", 10<<10))); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = o.Write([]byte("end"))
	last := o.last()
	if len(last) != keptOutput || !strings.HasSuffix(last, "end") {
		t.Errorf("%d bytes are kept", len(last))
	}
	if len(o.kept) > 4*keptOutput {
		t.Errorf("%d bytes are held", len(o.kept))
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 1 0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseStat(b)
		_, _ = parseMachine(b)
	})
}
