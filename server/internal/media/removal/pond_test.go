package removal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media"
	"natterjack/server/wire"
)

// point is a moment of the removal of a file.
type point string

// The points. At a crash the job ends with an error there, and is done again.
const (
	withdraws point = "before it is withdrawn"
	withdrawn point = "after it was withdrawn"
	removes   point = "before it is removed"
	removed   point = "after it was removed"
)

// peer is a node: a log, records of uploads, media and a removal. Two of them share an engine, and
// take themselves for the leader of everything, so they do all duties twice.
type peer struct {
	*jetstream.Log
	*media.Media

	pond    *pond
	records *uploads.Records
	deafen  func() // stops to follow the records
	stop    func()
}

// Withdraw implements [Files].
func (p *peer) Withdraw(ctx context.Context, media string) (since time.Time, err error) {
	if err := p.pond.reach(p, withdraws, media); err != nil {
		return since, err
	}
	since, err = p.Media.Withdraw(ctx, media)
	return since, errors.Join(err, p.pond.reach(p, withdrawn, media))
}

// Remove implements [Files].
func (p *peer) Remove(ctx context.Context, media string) error {
	if err := p.pond.reach(p, removes, media); err != nil {
		return err
	}
	return errors.Join(p.Media.Remove(ctx, media), p.pond.reach(p, removed, media))
}

// Open implements [jetstream.Attachments]. A slow way begins when the ticket has been looked at.
func (p *peer) Open(user, channel, ticket string) (wire.Attachment, error) {
	a, err := p.Media.Open(user, channel, ticket)
	if p.pond.isSlow(a.ID) {
		time.Sleep(way)
	}
	return a, err
}

// follow follows the records.
func (p *peer) follow() {
	p.deafen = p.pond.begin(p.records.Run)
	if err := p.records.AwaitLevel(p.pond.ctx); err != nil {
		p.pond.t.Error(err)
	}
}

// pond is two nodes and their storage.
type pond struct {
	t     *testing.T
	ctx   context.Context
	peers [2]*peer
	store *memory

	mu    sync.Mutex                               // protects following
	hooks map[string]func(p *peer, at point) error // by file
	slow  map[string]bool                          // files whose messages have a slow way
	files map[string]bool                          // all that were ever attached
	n     int
}

// inPond runs a test in a bubble with two nodes.
func inPond(t *testing.T, test func(w *pond)) {
	t.Helper()
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	dirs := [2]string{t.TempDir(), t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		engine := embedtest.Start(t, embedtest.NoSync)
		w := &pond{
			t: t, ctx: t.Context(), store: &memory{objects: map[string][]byte{}},
			hooks: map[string]func(*peer, point) error{}, slow: map[string]bool{}, files: map[string]bool{},
		}
		for i := range w.peers {
			w.peers[i] = w.start(engine, dirs[i])
			w.peers[i].follow()
		}
		test(w)
		for _, p := range w.peers {
			p.deafen()
			p.stop()
		}
	})
}

func (w *pond) reach(p *peer, at point, media string) error {
	w.mu.Lock()
	do := w.hooks[media]
	w.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(p, at)
}

// hook has something done at all points of the removal of a file.
func (w *pond) hook(media string, do func(p *peer, at point) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks[media] = do
}

func (w *pond) isSlow(media string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slow[media]
}

func (w *pond) slowDown(media string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow[media] = true
}

// begin runs something until the function that it returns is called.
func (w *pond) begin(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.ctx))
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	})
	return func() { cancel(); running.Wait() }
}

func (w *pond) start(engine *embedtest.Node, dir string) *peer {
	w.t.Helper()
	logger := slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	l, err := jetstream.New(w.ctx, jetstream.Config{Conn: engine.Conn, Engine: engine, ViewDir: filepath.Join(dir, "view"), Shards: 2, Logger: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	records, err := uploads.New(w.ctx, uploads.Config{Conn: engine.Conn, Logger: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := media.New(media.Config{
		Storage: w.store, Records: records, Log: l, Uses: l, Derive: func(label string) []byte { return []byte(label) },
		Temp: filepath.Join(dir, "tmp"), Sweeps: func() bool { return true }, Logger: logger,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	m.Bind(l.Operations())
	p := &peer{Log: l, Media: m, pond: w, records: records}
	l.TakeAttachments(p)
	stops := []func(){w.begin(l.Run), w.begin(m.Run), w.begin(New(l, p, logger).Run)}
	<-l.Ready()
	p.stop = func() {
		stops[2]()
		stops[1]()
		stops[0]()
		if err := l.Close(); err != nil {
			w.t.Error(err)
		}
	}
	return p
}

// upload uploads a file, and returns what complete_upload answers.
func (w *pond) upload(p *peer, file string) (a wire.Attached, err error) {
	sum := sha256.Sum256([]byte(file))
	cmd := wire.ReserveUpload{Channel: "alice~bob", ClientID: "c", Name: "toad.txt", Size: int64(len(file)), SHA256: hex.EncodeToString(sum[:])}
	f, err := p.Operations().Answer(w.ctx, operation.Caller{User: "alice"}, cmd)
	if err != nil {
		return a, err
	}
	up := f.(wire.Upload)
	w.store.upload("up/"+up.Media, []byte(file))
	f, err = p.Operations().Answer(w.ctx, operation.Caller{User: "alice"}, wire.CompleteUpload{Media: up.Media})
	if err != nil {
		return a, err
	}
	return f.(wire.Attached), nil
}

// send sends a message with a file.
func (w *pond) send(p *peer, a *wire.Attached) (wire.Ack, error) {
	return p.Change(w.ctx, "alice", w.message(a))
}

// insist sends a message with a file, and again as long as a retry may help: the two nodes write
// the same channel at once.
func (w *pond) insist(p *peer, a *wire.Attached) (wire.Ack, error) {
	cmd := w.message(a)
	for {
		ack, err := p.Change(w.ctx, "alice", cmd)
		if e, ok := errors.AsType[*wire.Error](err); !ok || !e.Retryable {
			return ack, err
		}
		time.Sleep(time.Second)
	}
}

func (w *pond) message(a *wire.Attached) wire.Send {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	w.files[a.Attachment.ID] = true
	return wire.Send{To: "bob", ClientID: fmt.Sprint("m", w.n), Content: wire.Content{
		Attachments: []wire.Attachment{{ID: a.Attachment.ID, Ticket: a.Ticket}},
	}}
}

func (w *pond) delete(p *peer, ack wire.Ack) {
	w.mu.Lock()
	w.n++
	id := fmt.Sprint("d", w.n)
	w.mu.Unlock()
	if _, err := p.Change(w.ctx, "alice", wire.Delete{Channel: ack.Channel, Seq: ack.Seq, ClientID: id}); err != nil {
		w.t.Errorf("delete: %v", err)
	}
}

// whole checks that storage has the file of every message. If all is over, it also checks that
// storage has nothing else that is not ready to be attached.
func (w *pond) whole(what string, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for media := range w.files {
		_, _, err := w.store.get("m/" + media + "/original")
		var has bool
		for _, p := range w.peers {
			named, e := p.Referenced(media)
			if has = has || named; e != nil {
				w.t.Error(e)
			}
		}
		if has && err != nil {
			w.t.Errorf("%s: the file %s of a message is gone", what, media)
		}
		r := w.peers[0].records.Of(media)
		if over && !has && err == nil && (r == nil || r.State != uploads.Ready) {
			w.t.Errorf("%s: the file %s is in no message, and stays", what, media)
		}
	}
}
