package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/server/wire"
)

// wires is the network between all and the storage. It can be cut, and slow.
type wires struct {
	net.Listener
	to    string
	cut   atomic.Bool
	delay atomic.Int64 // of each piece, in both directions

	mu    sync.Mutex // protects the following
	conns map[net.Conn]bool
	work  sync.WaitGroup
}

func newWires(tb testing.TB, to string) *wires {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w := &wires{Listener: l, to: strings.TrimPrefix(to, "http://"), conns: map[net.Conn]bool{}}
	w.work.Go(w.accept)
	tb.Cleanup(func() {
		_ = l.Close()
		w.drop()
		w.work.Wait()
	})
	return w
}

func (w *wires) accept() {
	for {
		conn, err := w.Accept()
		if err != nil {
			return
		}
		w.work.Go(func() { w.join(conn) })
	}
}

func (w *wires) join(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if w.cut.Load() {
		return
	}
	there, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.to)
	if err != nil {
		return
	}
	defer func() { _ = there.Close() }()
	w.mu.Lock()
	w.conns[conn], w.conns[there] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.carry(there, conn) })
	both.Go(func() { w.carry(conn, there) })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, conn)
	delete(w.conns, there)
}

func (w *wires) carry(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if d := w.delay.Load(); d > 0 {
			<-time.After(time.Duration(d))
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// drop cuts all connections.
func (w *wires) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.conns {
		_ = conn.Close()
	}
}

// TestMedia_storageDown cuts storage off. Every command is answered soon, with an error that may
// be retried, and all goes on by itself when storage is back.
func TestMedia_storageDown(t *testing.T) {
	w := newWorld(t)
	between := newWires(t, w.s3.url)
	w.endpoint = "http://" + between.Addr().String()
	n := w.node(t)
	file := photo(t, 64, 64)
	done := attach(t, n, file, "before.jpg")
	seq := n.log.send(done.Attachment)
	half := must[wire.Upload](t, n, "alice", reserving(photo(t, 65, 65), "half.jpg"))
	upload(t, &half, photo(t, 65, 65))

	between.cut.Store(true)
	between.drop()
	for range 4 { // the first ones find out
		for _, cmd := range []wire.Command{
			reserving(photo(t, 66, 66), "x"), wire.ResumeUpload{Media: half.Media}, wire.CompleteUpload{Media: half.Media},
		} {
			began := time.Now()
			_, err := n.table.Answer(t.Context(), caller("alice"), cmd)
			if e, ok := errors.AsType[*wire.Error](err); !ok || !e.Retryable {
				t.Errorf("%s: %v", cmd.Type(), err)
			}
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("%s took %v", cmd.Type(), took)
			}
		}
	}
	await(t, "storage counts as down", func() bool { return n.store.Err() != nil })
	_, err := n.table.Answer(t.Context(), caller("bob"), wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: done.Attachment.ID})
	refuses(t, "get_media", err, wire.CodeUnavailable)
	_, err = n.table.Answer(t.Context(), caller("mallory"), wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: done.Attachment.ID})
	refuses(t, "a stranger's get_media", err, wire.CodeNotFound)
	if _, err := n.Open("alice", "alice~bob", done.Ticket); err != nil {
		t.Errorf("what was uploaded before can still be sent: %v", err)
	}

	between.cut.Store(false)
	await(t, "storage counts as there", func() bool { return n.store.Err() == nil })
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: half.Media})
	fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: done.Attachment.ID})
}

// TestMedia_storageSlow has storage take long. The client is told to ask again, the work goes on
// meanwhile, and another file is not kept waiting by a command whose client has given up.
func TestMedia_storageSlow(t *testing.T) {
	w := newWorld(t)
	between := newWires(t, w.s3.url)
	w.endpoint = "http://" + between.Addr().String()
	n := w.node(t)
	file := photo(t, 900, 700)
	up := must[wire.Upload](t, n, "alice", reserving(file, "slow.jpg"))
	upload(t, &up, file)
	between.delay.Store(int64(400 * time.Millisecond))
	_, err := n.table.Answer(t.Context(), caller("alice"), wire.CompleteUpload{Media: up.Media})
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("slow: %v", err)
	}
	between.delay.Store(0)
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
}

// A stop ends the work on files soon, and leaves no temporary file. The next start goes on.
func TestMedia_stopped(t *testing.T) {
	w := newWorld(t)
	n := w.node(t)
	file := photo(t, 1200, 900)
	up := must[wire.Upload](t, n, "alice", reserving(file, "x.jpg"))
	upload(t, &up, file)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	in := newIntake(n.intake.taker)
	var running sync.WaitGroup
	running.Go(func() { in.run(ctx) })
	running.Wait()
	if j := in.join(n.records.Of(up.Media), spoken{}); j != nil {
		t.Error("work begins although the node has stopped")
	}
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
}

// TestMedia_memory takes in a file that is much larger than the memory that it may take.
func TestMedia_memory(t *testing.T) {
	n := newWorld(t).node(t)
	const size = 120 << 20
	file := bytes.Repeat([]byte("natterjack toad "), size/16)
	up := must[wire.Upload](t, n, "alice", reserving(file, "big.bin"))
	upload(t, &up, file)
	var most atomic.Uint64
	watching, stop := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	before := live()
	watch.Go(func() {
		for watching.Err() == nil {
			most.Store(max(most.Load(), live()))
			<-time.After(10 * time.Millisecond)
		}
	})
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
	stop()
	watch.Wait()
	if got := most.Load(); got > before+48<<20 {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, got>>20)
	}
	_, _ = io.Discard.Write(file) // it is there until here
}

func live() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
