package nodeproc

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain acts as the child of this package's tests if the environment says so.
func TestMain(m *testing.M) {
	switch os.Getenv("NODEPROC_TEST_CHILD") {
	case "":
		os.Exit(m.Run())
	case "serve":
		fmt.Fprintln(os.Stderr, "starting\nready at once")
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		<-stop
	case "fail":
		fmt.Println("no such thing")
		os.Exit(3)
	}
}

func child(role string, ready func(string) bool) Spec {
	return Spec{Name: role, Path: os.Args[0], Env: append(os.Environ(), "NODEPROC_TEST_CHILD="+role), Ready: ready}
}

func isReady(line string) bool { return strings.HasPrefix(line, "ready") }

func TestLaunch_WaitsForTheReadyLine(t *testing.T) {
	p, err := Launch(t.Context(), child("serve", isReady), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if p.Took() <= 0 {
		t.Errorf("ready after %v", p.Took())
	}
	if err := p.Alive(); err != nil {
		t.Error(err)
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

func TestLaunch_TellsTheLastWordsOfOneThatFails(t *testing.T) {
	_, err := Launch(t.Context(), child("fail", isReady), 20*time.Second)
	if err == nil || !strings.Contains(err.Error(), "no such thing") || !strings.Contains(err.Error(), "exit status 3") {
		t.Fatalf("Launch: %v", err)
	}
}

func TestLaunch_GivesUp(t *testing.T) {
	never := func(string) bool { return false }
	_, err := Launch(t.Context(), child("serve", never), 50*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "not ready within") {
		t.Fatalf("Launch: %v", err)
	}
}

func TestOutput_KeepsOnlyTheEnd(t *testing.T) {
	o := newOutput(nil, nil)
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

// Nodes of several tests start at once. Those that are down keep their ports.
func TestFreePorts_areGivenOnce(t *testing.T) {
	same := func() func(int) int {
		n := 0
		return func(int) int { n++; return n }
	}
	first, err := FreePorts(t.Context(), 3, same())
	if err != nil {
		t.Fatal(err)
	}
	second, err := FreePorts(t.Context(), 3, same())
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range second {
		if slices.Contains(first, port) {
			t.Errorf("port %d was given twice", port)
		}
	}
}
