package uploads

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 30 * time.Second

// start runs records until the test ends.
func start(tb testing.TB, node *embedtest.Node) *Records {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	r, err := New(ctx, Config{Conn: node.Conn, Logger: slog.New(slog.NewTextHandler(tb.Output(), nil))})
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	run, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(run); err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	tb.Cleanup(func() { stop(); running.Wait() })
	select {
	case <-r.Ready():
	case <-time.After(patience):
		tb.Fatal("the records did not become ready")
	}
	return r
}

func example(user string, n int) *Record {
	return &Record{
		User: user, Media: fmt.Sprintf("%016d%010d", n, 0), Channel: "alice~bob", Name: "toad.jpg", Size: 7, SHA256: "00", State: Reserved, Attachment: &wire.Attachment{ID: "a"},
		Expires: time.Now().Add(time.Hour).UnixMilli(),
	}
}

func put(tb testing.TB, r *Records, record *Record) *Record {
	tb.Helper()
	if err := r.Put(tb.Context(), record); err != nil {
		tb.Fatalf("put: %v", err)
	}
	return record
}

func get(tb testing.TB, r *Records, user, media string) *Record {
	tb.Helper()
	record, err := r.Get(tb.Context(), user, media)
	if err != nil {
		tb.Fatalf("get: %v", err)
	}
	return record
}

func TestRecords(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one, two := start(t, node), start(t, node)
	made := put(t, one, example("alice", 1))
	if diff := cmp.Diff(made, get(t, two, "alice", made.Media), cmpopts.IgnoreUnexported(Record{})); diff != "" {
		t.Errorf("(-put +got):\n%s", diff)
	}
	if get(t, two, "bob", made.Media) != nil {
		t.Error("bob has a record of alice's upload")
	}
	if err := two.Put(t.Context(), example("alice", 1)); !errors.Is(err, ErrChanged) {
		t.Errorf("made twice: %v", err)
	}
	theirs := get(t, two, "alice", made.Media)
	theirs.State = Ready
	put(t, two, theirs)
	made.State = Refused
	if err := one.Put(t.Context(), made); !errors.Is(err, ErrChanged) {
		t.Errorf("an outdated record was written: %v", err)
	}
	if err := one.Delete(t.Context(), made); !errors.Is(err, ErrChanged) {
		t.Errorf("an outdated record was deleted: %v", err)
	}
	if err := two.Delete(t.Context(), theirs); err != nil {
		t.Errorf("delete: %v", err)
	}
	for name, node := range map[string]*Records{"one": one, "two": two} {
		if err := node.AwaitLevel(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := get(t, node, "alice", made.Media); got != nil || node.Of(made.Media) != nil {
			t.Errorf("deleted, but on node %s there is %+v", name, got)
		}
	}
	put(t, two, example("alice", 1)) // after the deletion it may be made again
}

// Each node hears of all records, and of their ends, and a node that starts late knows them all.
func TestRecords_known(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one, two := start(t, node), start(t, node)
	for n := range 10 {
		put(t, one, example("alice", n))
	}
	if err := one.Delete(t.Context(), get(t, one, "alice", example("alice", 3).Media)); err != nil {
		t.Fatal(err)
	}

	if n := len(one.All()); n != 9 {
		t.Errorf("the node that wrote them knows %d", n)
	}
	for deadline := time.Now().Add(patience); len(two.All()) != 9; {
		if time.Now().After(deadline) {
			t.Fatalf("the other node knows %d", len(two.All()))
		}
		time.Sleep(time.Millisecond)
	}
	late := start(t, node)
	if n := len(late.All()); n != 9 || late.Of(example("alice", 3).Media) != nil || late.Of(example("alice", 4).Media) == nil {
		t.Errorf("the late node knows %d", n)
	}
}

// A file that is reserved again has another id under the same key, and the record of the first is
// gone. It is another record's file, not a file that this node does not know yet.
func TestRecords_again(t *testing.T) {
	r := start(t, embedtest.Start(t, embedtest.NoSync))
	first := put(t, r, example("alice", 1))
	again := example("alice", 1)
	if again.Media = NewMedia(first.Media); again.Media == first.Media || !wire.ValidMedia(NewMedia("abcdefghijklmnop")) {
		t.Fatalf("%s again is %s", first.Media, again.Media)
	}
	again.Replaces(first)
	put(t, r, again)
	if r.Of(first.Media) != nil || r.Latest(first.Media).Media != again.Media || get(t, r, "alice", first.Media).Media != again.Media {
		t.Errorf("the record of %s is %+v", first.Media, r.Of(first.Media))
	}
}

// A node knows whether it knows everything. While the bucket does not answer it is not fresh.
func TestRecords_level(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one, two := start(t, node), start(t, node)
	if !one.Fresh() {
		t.Error("a node that is ready is not fresh")
	}
	for n := range 5 {
		made := put(t, one, example("alice", n))
		if n == 3 {
			if err := one.Delete(t.Context(), made); err != nil {
				t.Fatal(err)
			}
		}
		if err := two.AwaitLevel(t.Context()); err != nil {
			t.Fatal(err)
		}
		if known := two.Of(made.Media) != nil; known != (n != 3) || !two.Passed(made.Revision()) {
			t.Errorf("a node that is level knows record %d: %v", n, known)
		}
	}
	late, err := New(t.Context(), Config{Conn: node.Conn, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := late.AwaitLevel(ctx); err == nil || late.Fresh() {
		t.Errorf("a node that does not follow the records is level: %v", err)
	}
}

// Records that were too old when a watch began are no reason to wait.
func TestRecords_aged(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one := start(t, node)
	put(t, one, example("alice", 1))
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_"+Bucket)
	if err == nil {
		err = stream.Purge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if late := start(t, node); len(late.All()) != 0 || late.AwaitLevel(t.Context()) != nil {
		t.Errorf("a node that begins behind them knows %d", len(late.All()))
	}
}

// Records of another form count for nothing, and do not keep a node from knowing the others.
func TestRecords_otherForm(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	one := start(t, node)
	made, other := put(t, one, example("alice", 1)), example("alice", 2)
	for key, value := range map[string]string{
		"alice." + other.Media: `{"channel":"alice~bob","size":7,"state":"ready"}`,
		other.key():            `{"media":"` + made.Media + `"}`,
		"alice":                `{}`,
		"alice.x":              `no record`,
	} {
		if _, err := one.kv.PutString(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if late := start(t, node); len(late.All()) != 1 || late.Of(made.Media) == nil || late.AwaitLevel(t.Context()) != nil {
		t.Errorf("the node knows %d records", len(late.All()))
	}
	if _, err := one.Get(t.Context(), "alice", other.Media); err == nil {
		t.Error("a record of another file is found")
	}
}

// A record that a watch does not tell, when it begins anew, is gone.
func TestKnown_begin(t *testing.T) {
	k := newKnown()
	k.begin()
	for n := range 3 {
		k.learn(example("alice", n))
	}
	k.whole()
	k.begin()
	k.learn(example("alice", 1))
	if len(k.byKey) != 3 {
		t.Errorf("%d records while the watch tells them", len(k.byKey))
	}
	k.whole()
	if len(k.byKey) != 1 || len(k.byMedia) != 1 || k.of(example("alice", 1).key()) == nil {
		t.Errorf("%d records are left", len(k.byKey))
	}
}

// A node knows since when it has known the state of a file, however often it hears it again.
func TestKnown_heard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, began := newKnown(), time.Now()
		after := func() time.Duration { return k.of(example("alice", 1).key()).Heard().Sub(began) }
		for i, step := range []struct {
			change func(r *Record)
			want   time.Duration
		}{
			{func(*Record) {}, 0},
			{func(r *Record) { r.State = Ready }, 0},
			{func(r *Record) { r.State = Removed }, 2 * time.Second},
			{func(r *Record) { r.State, r.revision = Removed, 2 }, 2 * time.Second}, // a watch tells it again
			{func(r *Record) { r.State, r.Expires = Removed, 0 }, 2 * time.Second},
			{func(r *Record) { r.revision = 1 }, 2 * time.Second}, // late
			{func(r *Record) { r.Media = NewMedia(r.Media) }, 6 * time.Second},
			{func(r *Record) { r.State = Removed }, 7 * time.Second},
		} {
			r := example("alice", 1)
			r.revision = uint64(i)
			step.change(r)
			k.learn(r)
			if after() != step.want {
				t.Errorf("after step %d: %v, want %v", i, after(), step.want)
			}
			time.Sleep(time.Second)
		}
	})
}
