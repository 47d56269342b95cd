package natter_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
	"natterjack/server/wire"
)

// noise is a file of any size that takes no memory. The same place always has the same bytes.
type noise struct{ seed uint64 }

// ReadAt implements [io.ReaderAt].
func (n noise) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		place := uint64(at) + uint64(i)
		x := (place/8 + n.seed) * 0x9e3779b97f4a7c15
		p[i] = byte((x ^ x>>29) >> (place % 8 * 8))
	}
	return len(p), nil
}

func file(name string, size int64, seed uint64) natter.File {
	return natter.File{Name: name, Size: size, Content: noise{seed}}
}

func sumOf(t *testing.T, r io.Reader) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sent uploads a file and sends it to bob, and returns the message's seq and attachment.
func sent(t *testing.T, ctx context.Context, c *natter.Client, f natter.File) (uint64, natter.Attachment) {
	t.Helper()
	done, err := c.Upload(ctx, "alice~bob", f)
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	done.Attachment.Caption = "a caption"
	ack, err := c.Send(ctx, "alice~bob", "", natter.WithAttachments(done))
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	return ack.Seq, done.Attachment
}

func target(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestUpload(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	alice, bob := connect(t, s, "alice", natter.WebSocket), connect(t, s, "bob", natter.Poll)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	const size = 3_000_000
	var told []int64
	f := file("noise.bin", size, 1)
	f.Progress = func(stored, of int64) {
		if told = append(told, stored); of != size {
			t.Errorf("progress: %d of %d", stored, of)
		}
	}
	seq, a := sent(t, ctx, alice, f)
	if len(told) < 3 || told[len(told)-1] != size {
		t.Errorf("progress: %v", told)
	}
	page, err := bob.History(ctx, "alice~bob", natter.Around{})
	if err != nil || len(page.Events) != 1 || len(page.Events[0].Content.Attachments) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if got := page.Events[0].Content.Attachments[0]; !got.Equal(a) || got.Caption != "a caption" || got.Ticket != "" || got.Kind != wire.AttachmentFile {
		t.Errorf("%+v", got)
	}
	var listed []natter.GalleryItem
	for item, err := range bob.AllMedia(ctx, "alice~bob", wire.GalleryFiles) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, item)
	}
	if len(listed) != 1 || listed[0].Seq != 1 || listed[0].Attachment == nil || listed[0].Attachment.ID != a.ID {
		t.Errorf("listed: %+v", listed)
	}
	to := target(t)
	if err := bob.Download(ctx, "alice~bob", seq, &a, to, nil); err != nil {
		t.Fatalf("download: %v", err)
	}
	want := sumOf(t, io.NewSectionReader(noise{1}, 0, size))
	if got := sumOf(t, io.NewSectionReader(to, 0, size+1)); got != want {
		t.Errorf("the file arrived as %s instead of %s", got, want)
	}
	// The same upload again is there already, and takes no more room.
	again, err := alice.Upload(ctx, "alice~bob", file("noise.bin", size, 1))
	if err != nil || again.Attachment.ID != a.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	if use, err := alice.Storage(ctx, "alice~bob"); err != nil || use.User.Used != size || use.User.Reserved != 0 || use.Channel.Used != size {
		t.Errorf("%+v, %v", use, err)
	}
	carol := connect(t, s, "carol", natter.WebSocket)
	if _, err := carol.MediaURL(ctx, "alice~bob", seq, a.ID, ""); !errors.Is(err, &natter.Error{Code: wire.CodeNotFound}) {
		t.Errorf("carol: %v", err)
	}
	if _, err := carol.Upload(ctx, "alice~bob", f); !errors.Is(err, &natter.Error{Code: wire.CodeForbidden}) {
		t.Errorf("carol uploads: %v", err)
	}
}

// A download goes on behind the bytes that are there, and notices if they are of another file.
func TestDownload_resumes(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	alice := connect(t, s, "alice", natter.WebSocket)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	const size = 2_000_000
	seq, a := sent(t, ctx, alice, file("noise.bin", size, 1))
	whole := make([]byte, size)
	_, _ = noise{1}.ReadAt(whole, 0)
	for name, before := range map[string][]byte{
		"nothing": nil, "a half": whole[:size/2], "all": whole, "another file": bytes.Repeat([]byte("x"), size/2), "a longer file": append(bytes.Clone(whole), 'x'),
		"a much longer file": bytes.Repeat([]byte("x"), 2*size),
	} {
		to := target(t)
		if _, err := to.Write(before); err != nil {
			t.Fatal(err)
		}
		first := int64(-1)
		err := alice.Download(ctx, "alice~bob", seq, &a, to, func(got, _ int64) {
			if first < 0 {
				first = got
			}
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]byte, size)
		if _, err := to.ReadAt(got, 0); err != nil || !bytes.Equal(got, whole) {
			t.Errorf("%s: the file is wrong (%v)", name, err)
		}
		if info, err := to.Stat(); err != nil || info.Size() != size {
			t.Errorf("%s: the file has %d bytes, not %d (%v)", name, info.Size(), size, err)
		}
		if name == "a half" && first < size/2 {
			t.Errorf("it began at %d, not behind the half", first)
		}
	}
	longer := target(t)
	if _, err := longer.Write(make([]byte, size+1)); err != nil {
		t.Fatal(err)
	}
	if err := alice.Download(ctx, "alice~bob", seq, &a, struct{ io.ReadWriteSeeker }{longer}, nil); err == nil {
		t.Error("a longer target that cannot be cut counts as right")
	}
	lie := a
	lie.SHA256 = strings.Repeat("0", 64)
	if err := alice.Download(ctx, "alice~bob", seq, &lie, target(t), nil); !errors.Is(err, natter.ErrChanged) {
		t.Errorf("another hash: %v", err)
	}
}

// TestUpload_killed kills the server again and again while a large file goes up and comes down.
// Both go on each time where they were, and no process ever holds much of the file.
func TestUpload_killed(t *testing.T) {
	s := servertest.Start(t)
	alice := connect(t, s, "alice", natter.WebSocket)
	ctx, cancel := context.WithTimeout(t.Context(), 2*long)
	defer cancel()
	const size = 150<<20 + 12345
	plan := rand.New(rand.NewPCG(1, 2))
	var stored atomic.Int64
	f := file("noise.bin", size, 2)
	f.Progress = func(n, _ int64) { stored.Store(n) }
	before := heap()
	var most uint64
	var working sync.WaitGroup
	ended := make(chan struct{})
	var seq uint64
	var a natter.Attachment
	to := target(t)
	working.Go(func() {
		defer close(ended)
		seq, a = sent(t, ctx, alice, f)
		if err := alice.Download(ctx, "alice~bob", seq, &a, to, nil); err != nil {
			t.Errorf("download: %v", err)
		}
	})
	for range 4 {
		select {
		case <-ended:
		case <-time.After(time.Duration(300+plan.IntN(900)) * time.Millisecond):
			most = max(most, heap())
			s.Kill(t)
			s.Again(t)
		}
	}
	working.Wait()
	if got, want := sumOf(t, io.NewSectionReader(to, 0, size+1)), a.SHA256; got != want || a.Size != size {
		t.Errorf("the file arrived as %s, not as %s", got, want)
	}
	if most > before+32<<20 {
		t.Errorf("the client's heap grew from %d to %d MiB", before>>20, most>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An upload that is given up ends at once, and goes on when it is asked for again.
func TestUpload_canceled(t *testing.T) {
	s := servertest.Start(t)
	alice := connect(t, s, "alice", natter.WebSocket)
	const size = 100 << 20
	ctx, cancel := context.WithCancel(t.Context())
	f := file("noise.bin", size, 3)
	f.Progress = func(stored, _ int64) {
		if stored > size/3 {
			cancel()
		}
	}
	if _, err := alice.Upload(ctx, "alice~bob", f); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), long)
	defer cancel()
	first := int64(-1)
	f.Progress = func(stored, _ int64) {
		if first < 0 {
			first = stored
		}
	}
	if _, err := alice.Upload(ctx, "alice~bob", f); err != nil {
		t.Fatal(err)
	}
	if first < 16<<20 {
		t.Errorf("it began at %d again", first)
	}
}
