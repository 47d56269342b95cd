package bridge

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWorker_givesItsPlace blocks as many workers as there are places. The next session must
// not wait for them.
func TestWorker_givesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlushers()
		f.places = 2
		blocked := make(chan struct{})
		var begun, done sync.WaitGroup
		for range 3 * f.places {
			begun.Add(1)
			done.Go(func() {
				w := newWorker(f)
				f.mu.Lock()
				f.working++
				f.mu.Unlock()
				w.leave()
				w.leave() // the second call does nothing
				begun.Done()
				<-blocked
				w.comeBack()
				f.mu.Lock()
				f.working--
				f.mu.Unlock()
			})
		}
		begun.Wait()
		if f.working != 0 {
			t.Errorf("%d places taken while all workers wait", f.working)
		}
		close(blocked)
		done.Wait()
		if f.working != 0 {
			t.Errorf("%d places taken in the end", f.working)
		}
		f.close()
	})
}

// TestAttempt_takesWhatFits writes to a peer that reads nothing. The attempt must return, with
// the rest of the frame.
func TestAttempt_takesWhatFits(t *testing.T) {
	if !canWriteNow {
		t.Skip("NOT RUN: THIS SYSTEM HAS NO WRITE THAT RETURNS AT ONCE")
	}
	here, peer := tcpPair(t)
	blocks := 0
	var a attempt
	a.init(func() { blocks++ })
	raw := rawOf(here)
	if raw == nil {
		t.Fatal("a TCP connection cannot be written to at once")
	}
	frame := make([]byte, 32<<20)
	rest, err := a.put(raw, frame)
	if err != nil || len(rest) == 0 || len(rest) == len(frame) {
		t.Fatalf("%d of %d left, %v; want some", len(rest), len(frame), err)
	}
	taken := len(frame) - len(rest)
	go func() { _ = here.Close() }()
	if got := drain(t, peer); got != taken {
		t.Errorf("the peer got %d bytes of the %d taken", got, taken)
	}
	if _, err := a.put(raw, frame); err == nil {
		t.Error("a closed connection takes more")
	}
	if blocks != 0 {
		t.Error("an attempt waited")
	}
}

func tcpPair(t *testing.T) (here, peer net.Conn) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	if here, err = new(net.Dialer).DialContext(context.Background(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	peer = <-accepted
	t.Cleanup(func() { _, _ = here.Close(), peer.Close() })
	return here, peer
}

func drain(t *testing.T, c net.Conn) (n int) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 1<<20)
	for {
		m, err := c.Read(buf)
		n += m
		if err != nil {
			return n
		}
	}
}
