package search

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/server/wire"
)

// numbersIn returns the names of the editions in a directory.
func numbersIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestKeep_goesOn opens the index of the last run and goes on where that ended.
func TestKeep_goesOn(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	n.stop()
	f.put(wire.KindMessage, "gtoads", 4, "carol", "a new pond")
	f.held = true
	n = run(t, f, dir, "e")
	await(t, "the index", func() bool { use, _ := n.editions(); return use != nil })
	if found := n.ask("alice", "pond"); len(found.Hits) != 4 || found.Rebuilding != nil {
		t.Errorf("before it goes on: %+v", found)
	}
	f.mu.Lock()
	f.held = false
	f.mu.Unlock()
	n.level()
	if got := n.seqs("alice", "pond in:gtoads"); got != "gtoads/4 gtoads/2 gtoads/1" {
		t.Error(got)
	}
	if got := numbersIn(t, dir); got != "1" {
		t.Errorf("editions: %s", got)
	}
}

// TestKeep_damaged makes an index anew that cannot be opened, and answers meanwhile.
func TestKeep_damaged(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	n.stop()
	damage(t, filepath.Join(dir, "1"))
	f.held = true
	n = run(t, f, dir, "e")
	await(t, "a new index", func() bool { use, _ := n.editions(); return use != nil })
	if found := n.ask("alice", "pond"); found.Rebuilding == nil || !found.AtLeast || len(found.Hits) > 0 {
		t.Errorf("while it is made: %+v", found)
	}
	f.mu.Lock()
	f.held = false
	f.mu.Unlock()
	n.level()
	if found := n.ask("alice", "pond"); found.Rebuilding != nil || len(found.Hits) != 4 {
		t.Errorf("once it is made: %+v", found)
	}
}

// damage changes a byte in the middle of each file below a directory.
func damage(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == wholeMark {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i := range data {
			data[i] ^= 0x5a
		}
		return os.WriteFile(path, data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// counter counts the records of a log.
type counter struct {
	slog.Handler

	records atomic.Int64
}

// Handle implements [slog.Handler].
func (c *counter) Handle(ctx context.Context, r slog.Record) error {
	c.records.Add(1)
	return c.Handler.Handle(ctx, r)
}

// TestKeep_unreadable keeps an index that cannot be opened for now, tries again and again, and
// answers meanwhile that there is none.
func TestKeep_unreadable(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	n.stop()
	root := filepath.Join(dir, "1", indexName, "store", "root.bolt")
	aside := filepath.Join(t.TempDir(), "aside")
	if err := errors.Join(os.Rename(root, aside), os.Symlink("root.bolt", root)); err != nil { // it leads to itself
		t.Fatal(err)
	}
	f.held = true // so that it cannot be built anew
	failures := &counter{Handler: slog.NewTextHandler(t.Output(), nil)}
	s := New(Config{Dir: dir, Epoch: "e", Log: f, Logger: slog.New(failures), again: time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	await(t, "some tries", func() bool { return failures.records.Load() > 2 })
	again := &node{Search: s, tb: t}
	if found := again.ask("alice", "pond"); found.Rebuilding == nil || len(found.Hits) > 0 {
		t.Errorf("without an index: %+v", found)
	}
	if got := numbersIn(t, dir); got != "1" {
		t.Errorf("editions: %s", got)
	}
	if err := os.Rename(aside, root); err != nil {
		t.Fatal(err)
	}
	await(t, "the index", func() bool { use, _ := s.editions(); return use != nil })
	if got := again.seqs("alice", "pond"); got != "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1" {
		t.Error(got)
	}
}

// TestKeep_anotherLog makes an index anew that is of another log.
func TestKeep_anotherLog(t *testing.T) {
	dir := t.TempDir()
	n := run(t, pond(), dir, "e")
	n.level()
	n.stop()
	f := newFake()
	f.channel("alice~bob", "", "alice", "bob")
	f.put(wire.KindMessage, "alice~bob", 1, "alice", "another pond")
	n = run(t, f, dir, "another")
	n.level()
	if got := n.seqs("alice", "pond"); got != "alice~bob/1" {
		t.Error(got)
	}
}

// TestKeep_oldVersion answers from an index whose words are of another version, while a new one is
// built beside it.
func TestKeep_oldVersion(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	n.stop()
	label := filepath.Join(dir, "1", indexName, "label.json")
	data, err := os.ReadFile(label)
	if err != nil {
		t.Fatal(err)
	}
	old := regexp.MustCompile(`"analysis":\d+`).ReplaceAll(data, []byte(`"analysis":1`))
	if bytes.Equal(old, data) {
		t.Fatalf("the label says nothing of the analysis: %s", data)
	}
	if err := os.WriteFile(label, old, 0o600); err != nil {
		t.Fatal(err)
	}
	f.held = true
	n = run(t, f, dir, "e")
	await(t, "the new edition", func() bool { _, next := n.editions(); return next != nil })
	if found := n.ask("alice", "pond"); len(found.Hits) != 4 || found.Rebuilding == nil {
		t.Errorf("while it is made: %+v", found)
	}
	f.mu.Lock()
	f.held = false
	f.mu.Unlock()
	n.level()
	if got := n.seqs("alice", "pond"); got != "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1" {
		t.Error(got)
	}
	await(t, "the old edition to go", func() bool { return numbersIn(t, dir) == "2" })
}

// TestKeep_ordered builds an edition beside the old one when an operator orders it. Meanwhile the
// old one answers, and goes on to be fed.
func TestKeep_ordered(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	old, _ := n.editions()
	f.mu.Lock()
	f.held = true
	f.mu.Unlock()
	if err := os.WriteFile(filepath.Join(dir, orderName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the new edition", func() bool { _, next := n.editions(); return next != nil })
	if found := n.ask("alice", "pond"); len(found.Hits) != 4 || found.Rebuilding == nil || found.Rebuilding.Of == 0 {
		t.Errorf("while it is made: %+v", found)
	}
	f.put(wire.KindMessage, "gtoads", 4, "carol", "a new pond")
	f.mu.Lock()
	f.held = false
	f.mu.Unlock()
	await(t, "the swap", func() bool { use, next := n.editions(); return use != nil && use != old && next == nil })
	n.level()
	if got := n.seqs("alice", "pond in:gtoads"); got != "gtoads/4 gtoads/2 gtoads/1" {
		t.Error(got)
	}
	await(t, "the old edition to go", func() bool { return numbersIn(t, dir) == "2" })
}

// TestKeep_breaks replaces an index that turns out to be damaged while it is used.
func TestKeep_breaks(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	old, _ := n.editions()
	old.breaks(fs.ErrInvalid)
	await(t, "a new edition", func() bool { use, _ := n.editions(); return use != nil && use != old })
	n.level()
	if got := n.seqs("alice", "pond"); got != "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1" {
		t.Error(got)
	}
}

// TestKeep_swapsUnderSearches asks again and again while editions replace each other.
func TestKeep_swapsUnderSearches(t *testing.T) {
	f, dir := pond(), t.TempDir()
	n := run(t, f, dir, "e")
	n.level()
	for range 3 {
		old, _ := n.editions()
		if err := os.WriteFile(filepath.Join(dir, orderName), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		await(t, "the swap", func() bool {
			if got := n.seqs("alice", "pond"); got != "gtoads/2 alice~bob/2 gtoads/1 alice~bob/1" {
				t.Errorf("in between: %s", got)
			}
			use, next := n.editions()
			return use != old && next == nil
		})
	}
}

// TestKeep_none answers that there is no index yet.
func TestKeep_none(t *testing.T) {
	s := New(Config{Dir: t.TempDir(), Log: pond()})
	found, err := s.Search(t.Context(), Caller{User: "alice"}, wire.Search{Query: "pond"})
	if err != nil || found.Rebuilding == nil || found.Hits == nil || len(found.Hits) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestKeep_deletedChannel takes a channel out of the index.
func TestKeep_deletedChannel(t *testing.T) {
	f := pond()
	n := run(t, f, t.TempDir(), "e")
	n.level()
	use, _ := n.editions()
	before, err := use.index.Count()
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	for seq := range uint64(3) {
		delete(f.messages, place{"gtoads", seq + 1})
	}
	f.events = append(f.events, wire.Event{Channel: "gtoads", Pos: uint64(len(f.events) + 1), Record: wire.Record{Kind: wire.KindMeta, Meta: &wire.Meta{Action: wire.ActionDeleted}}})
	f.mu.Unlock()
	n.level()
	after, err := use.index.Count()
	if err != nil || before-after != 3 {
		t.Errorf("%d messages before, %d after, %v", before, after, err)
	}
}
