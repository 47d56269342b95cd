package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"natterjack/search/index"
	"natterjack/search/pdf"
	"natterjack/search/texts"
	"natterjack/server/wire"
)

// storage is media storage that may be down.
type storage struct {
	mu    sync.Mutex // protects following
	files map[string]string
	down  bool
	bad   string // is never read
	asked int
}

func (s *storage) file(_ context.Context, media string, _ int64, most int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.down || s.bad == media {
		return nil, errors.New("as the test wants it")
	}
	content := s.files[media]
	return []byte(content[:min(len(content), most)]), nil
}

// err says why storage cannot be used.
func (s *storage) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("as the test wants it")
	}
	return nil
}

func withFile(id, kind string) func(*wire.Record) {
	return func(m *wire.Record) {
		m.Content.Attachments = append(m.Content.Attachments, wire.Attachment{ID: id, Kind: wire.AttachmentFile, Name: id + ".txt", Type: kind, Size: 4000})
	}
}

// TestFiles finds messages by the texts of their files, for as long as they have them, and only for
// users who may see the message. What storage does not give yet is found later.
func TestFiles(t *testing.T) {
	f, dir := pond(), t.TempDir()
	s := &storage{files: map[string]string{
		"notes": strings.Repeat("all quiet\n", 100) + "the spadefoots 池 called\n", "table": "spadefoot;3\n", "binary": "spadefoot\x00", "image": "spadefoot",
	}, down: true}
	f.file, f.storage = s.file, s.err
	n := run(t, f, dir, "e")
	f.put(wire.KindMessage, "gtoads", 4, "carol", "my notes", withFile("notes", "text/plain"), withFile("image", "image/png"))
	f.put(wire.KindMessage, "gtoads", 5, "carol", "more", withFile("table", "text/csv"), withFile("binary", "text/plain"))
	n.level()
	if got := n.seqs("alice", "spadefoot"); got != "" {
		t.Errorf("while storage is down: %s", got)
	}
	if got := n.seqs("alice", "my notes.txt"); got != "gtoads/4" {
		t.Errorf("by the name of the file: %s", got)
	}
	s.mu.Lock()
	s.down = false
	s.mu.Unlock()
	await(t, "the texts", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/5 gtoads/4" })
	hits := n.ask("alice", "spadefoots 池").Hits
	if len(hits) != 1 || len(hits[0].Excerpts) != 1 || len(hits[0].Highlights) != 0 {
		t.Fatalf("%+v", hits)
	}
	var words []string
	for _, h := range hits[0].Excerpts[0].Highlights {
		from, to := h.Span(hits[0].Excerpts[0].Text)
		words = append(words, hits[0].Excerpts[0].Text[from:to])
	}
	if strings.Join(words, " ") != "spadefoots 池" {
		t.Errorf("highlighted %q in %+v", words, hits[0].Excerpts[0])
	}
	if got := n.seqs("dave", "spadefoot"); got != "" {
		t.Errorf("somebody else finds %s", got)
	}

	f.put(wire.KindEdit, "gtoads", 5, "carol", "more", withFile("binary", "text/plain"))
	await(t, "the edit", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/4" })
	n.stop()
	if err := os.RemoveAll(filepath.Join(dir, "1")); err != nil { // the texts stay
		t.Fatal(err)
	}
	asked := s.asked
	n = run(t, f, dir, "e")
	n.level()
	if got := n.seqs("alice", "spadefoot"); got != "gtoads/4" || s.asked != asked {
		t.Errorf("after the index was built anew: %s, and storage was asked %d times", got, s.asked-asked)
	}
	f.remove("gtoads", 4)
	await(t, "the deletion", func() bool { return n.seqs("alice", "spadefoot") == "" })
	n.sweep()
	if n.texts.Has("notes") || !n.texts.Has("binary") {
		t.Error("the text of a deleted message stays, or another one has gone")
	}
}

// TestFiles_pdf finds messages by the texts of their PDFs, and goes on behind a file that is no
// PDF.
func TestFiles_pdf(t *testing.T) {
	japanese, err := os.ReadFile("pdf/testdata/japanese.pdf")
	if err != nil {
		t.Fatal(err)
	}
	f := pond()
	s := &storage{files: map[string]string{"minutes": string(japanese), "broken": "%PDF-1.7 spadefoot", "notes": "bullfrog"}}
	f.file, f.storage = s.file, s.err
	dir := t.TempDir()
	ready := pdf.NewReader(filepath.Join(dir, "pdf")) // to get ready takes long the first time
	if _, err := ready.Text(t.Context(), "minutes", japanese, texts.Most); err != nil {
		t.Fatal(err)
	}
	ready.Close()
	n := run(t, f, dir, "e")
	attached := func(id string) func(*wire.Record) {
		return func(m *wire.Record) {
			withFile(id, "application/pdf")(m)
			m.Content.Attachments[len(m.Content.Attachments)-1].Size = int64(len(s.files[id]))
		}
	}
	f.put(wire.KindMessage, "gtoads", 4, "carol", "broken", attached("broken"))
	f.put(wire.KindMessage, "gtoads", 5, "carol", "minutes", attached("minutes"), withFile("notes", "text/plain"))
	await(t, "the text of the PDF", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/5" })
	for _, query := range []string{"データベース移行", "東京都庁", "grüßt", "bullfrog 蛙の会議"} {
		if got := n.seqs("alice", query); got != "gtoads/5" {
			t.Errorf("%s: %s", query, got)
		}
	}
	if hits := n.ask("alice", "展望台").Hits; len(hits) != 1 || len(hits[0].Excerpts) != 1 || !strings.Contains(hits[0].Excerpts[0].Text, "展望台") {
		t.Errorf("%+v", hits)
	}
	if got := n.seqs("dave", "東京都庁"); got != "" {
		t.Errorf("somebody else finds %s", got)
	}
}

// sweep removes the texts of files that no message has.
func (n *node) sweep() {
	n.tb.Helper()
	if err := newSweeper(&n.cfg, n.texts).sweep(n.tb.Context()); err != nil {
		n.tb.Fatal(err)
	}
}

// TestFiles_once reads and keeps a file once, however many messages have it, and as long as one
// has.
func TestFiles_once(t *testing.T) {
	f, dir := pond(), t.TempDir()
	s := &storage{files: map[string]string{"notes": "spadefoot"}}
	f.file = s.file
	n := run(t, f, dir, "e")
	for seq := range uint64(3) {
		f.put(wire.KindMessage, "gtoads", 4+seq, "carol", "notes", withFile("notes", "text/plain"))
	}
	await(t, "the texts", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/6 gtoads/5 gtoads/4" })
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	if asked != 1 {
		t.Errorf("storage was asked %d times", asked)
	}
	f.remove("gtoads", 4)
	f.remove("gtoads", 5)
	await(t, "the deletions", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/6" })
	n.sweep()
	if !n.texts.Has("notes") {
		t.Error("the text has gone although a message has the file")
	}
	f.remove("gtoads", 6)
	n.sweep()
	if n.texts.Has("notes") {
		t.Error("the text stays although no message has the file")
	}
}

// TestFiles_diedBefore finds a text that a process had read, and not yet taken in, when it died.
func TestFiles_diedBefore(t *testing.T) {
	f, dir := pond(), t.TempDir()
	s := &storage{down: true}
	f.file, f.storage = s.file, s.err
	f.put(wire.KindMessage, "gtoads", 4, "carol", "notes", withFile("notes", "text/plain"))
	n := run(t, f, dir, "e")
	n.level()
	if err := n.texts.Put("notes", []byte("spadefoot")); err != nil {
		t.Fatal(err)
	}
	n.stop()
	n = run(t, f, dir, "e")
	await(t, "the text", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/4" })
}

// TestFiles_textsGone reads all texts again when their directory has gone.
func TestFiles_textsGone(t *testing.T) {
	f, dir := pond(), t.TempDir()
	s := &storage{files: map[string]string{"notes": "spadefoot"}}
	f.file = s.file
	n := run(t, f, dir, "e")
	f.put(wire.KindMessage, "gtoads", 4, "carol", "notes", withFile("notes", "text/plain"))
	await(t, "the text", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/4" })
	n.stop()
	if err := os.RemoveAll(filepath.Join(dir, "texts")); err != nil {
		t.Fatal(err)
	}
	n = run(t, f, dir, "e")
	await(t, "the text again", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/4" })
}

// TestFiles_unreadable gives up a file that cannot be read, and no other one, while storage can be
// used. While it cannot, no file is given up, and deleted messages go all the same.
func TestFiles_unreadable(t *testing.T) {
	f := pond()
	s := &storage{files: map[string]string{"notes": "spadefoot", "late": "bullfrog"}, bad: "table"}
	f.file, f.storage = s.file, s.err
	n := run(t, f, t.TempDir(), "e")
	f.put(wire.KindMessage, "gtoads", 4, "carol", "bad", withFile("table", "text/csv"))
	f.put(wire.KindMessage, "gtoads", 5, "carol", "good", withFile("notes", "text/plain"))
	await(t, "the text that can be read", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/5" })
	s.mu.Lock()
	s.down = true
	asked := s.asked
	s.mu.Unlock()
	f.put(wire.KindMessage, "gtoads", 6, "carol", "late", withFile("late", "text/plain"))
	f.remove("gtoads", 5)
	await(t, "many tries", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.asked > asked+2*mostTries
	})
	await(t, "the deletion", func() bool { return n.seqs("alice", "good") == "" })
	n.sweep()
	if n.texts.Has("notes") {
		t.Error("a deleted text stays while storage is down")
	}
	s.mu.Lock()
	s.down = false
	s.mu.Unlock()
	await(t, "the late text", func() bool { return n.seqs("alice", "bullfrog") == "gtoads/6" })
}

// TestFiles_marks finds messages with text files by their reactions and pins, and does not take the
// files in again for that.
func TestFiles_marks(t *testing.T) {
	f := pond()
	f.file = (&storage{files: map[string]string{"notes": "spadefoot"}}).file
	n := run(t, f, t.TempDir(), "e")
	file := withFile("notes", "text/plain")
	f.put(wire.KindMessage, "gtoads", 4, "carol", "notes", file)
	await(t, "the text", func() bool { return n.seqs("alice", "spadefoot") == "gtoads/4" })
	if got := n.seqs("alice", "spadefoot has:reaction") + n.seqs("alice", "spadefoot is:pinned"); got != "" {
		t.Errorf("with neither: %s", got)
	}
	for _, query := range []string{"spadefoot -has:reaction", "spadefoot -is:pinned"} {
		if got := n.seqs("alice", query); got != "gtoads/4" {
			t.Errorf("%s: %s", query, got)
		}
	}
	mark := func(m *wire.Record) {
		m.Pinned, m.Reactions = true, []wire.Reaction{{Emoji: "🐸", Users: []string{"alice"}}}
	}
	f.put(wire.KindReaction, "gtoads", 4, "carol", "notes", file, mark)
	if a, b := n.seqs("alice", "spadefoot has:reaction"), n.seqs("alice", "spadefoot is:pinned"); a != "gtoads/4" || b != a {
		t.Errorf("with a reaction: %s; with a pin: %s", a, b)
	}
	if got := n.seqs("alice", "spadefoot -has:reaction") + n.seqs("alice", "spadefoot -is:pinned"); got != "" {
		t.Errorf("without both: %s", got)
	}
	e, _ := n.editions()
	none := func(subject) (fileText, error) { return noText, nil }
	for _, kind := range []wire.Kind{wire.KindReaction, wire.KindPin, wire.KindEdit} {
		events := []wire.Event{{Channel: "gtoads", Record: wire.Record{Kind: kind, Target: 4}}}
		change, err := e.change(subjectsOf(events)[0], none)
		if again := change != nil; again != (kind == wire.KindEdit) || err != nil {
			t.Errorf("%s: taken in again: %t, %v", kind, again, err)
		}
	}
}

// TestFiles_bounded takes in at most so much of the files of a message, and of messages at once.
func TestFiles_bounded(t *testing.T) {
	f := pond()
	content := strings.Repeat("toad ", texts.Most/5) + "池池"
	f.file = func(context.Context, string, int64, int) ([]byte, error) { return []byte(content[:texts.Most]), nil }
	n := run(t, f, t.TempDir(), "e")
	n.level()
	e, _ := n.editions()
	var events []wire.Event
	for seq := range uint64(60) {
		var files []func(*wire.Record)
		for i := range 10 {
			id := fmt.Sprintf("file%d", i)
			files = append(files, func(m *wire.Record) {
				withFile(id, "text/plain")(m)
				m.Content.Attachments[i].Size = texts.Most - 10
			})
		}
		f.put(wire.KindMessage, "gtoads", 4+seq, "carol", "many", files...)
		events = append(events, wire.Event{Channel: "gtoads", Record: wire.Record{Kind: wire.KindMessage, Seq: 4 + seq}})
	}
	whole := func(string) string { return content }
	change, err := e.change(subjectsOf(events)[0], func(subject) (fileText, error) { return whole, nil })
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for _, text := range change.Put.Fields {
		bytes += len(text)
	}
	if bytes > texts.Most+1000 || bytes < texts.Most {
		t.Errorf("%d bytes of a message are taken in", bytes)
	}
	all, portions := subjectsOf(events), 0
	for len(all) > 0 {
		took, err := e.portion(all, index.Batch{Positions: map[string]uint64{"test": 7}}, func(subject) (fileText, error) { return whole, nil })
		if err != nil || took*texts.Most > portionBytes+texts.Most {
			t.Fatalf("%d messages at once, %v", took, err)
		}
		all = all[took:]
		portions++
		if pos, err := e.index.Position("test"); (pos == 7) != (len(all) == 0) || err != nil {
			t.Errorf("after %d portions the position is %d, %v", portions, pos, err)
		}
	}
	if portions < 4 {
		t.Errorf("%d portions", portions)
	}
}

// TestFiles_directory goes on, and deletes nothing, when the directory of texts cannot be read.
func TestFiles_directory(t *testing.T) {
	f, dir := pond(), t.TempDir()
	f.file = (&storage{}).file
	at := filepath.Join(dir, "texts")
	if err := os.MkdirAll(filepath.Join(at, "name.txt"), 0o700); err != nil { // which should be a file
		t.Fatal(err)
	}
	kept := filepath.Join(at, "notes")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n := run(t, f, dir, "e")
	if got := n.ask("alice", "toads"); got.Rebuilding == nil {
		t.Errorf("%+v", got)
	}
	n.stop() // fails the test if it has ended with an error
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

// TestExcerpts cuts excerpts between characters.
func TestExcerpts(t *testing.T) {
	text := strings.Repeat("池", 300) + "pond" + strings.Repeat("蛙", 300)
	at := strings.Index(text, "pond")
	for shift := range 3 {
		text := strings.Repeat("x", shift) + text
		all := excerpts([]field{{}, {text: text, attachment: 1, file: true}}, spansAt(at+shift, at+shift+4))
		if len(all) != 1 || all[0].Attachment != 1 || len(all[0].Text) > excerptBytes || strings.ToValidUTF8(all[0].Text, "?") != all[0].Text {
			t.Fatalf("%+v", all)
		}
		if from, to := all[0].Highlights[0].Span(all[0].Text); all[0].Text[from:to] != "pond" {
			t.Errorf("%q", all[0].Text[from:to])
		}
	}
}

// TestTexts keeps texts, and tells when it is another store.
func TestTexts(t *testing.T) {
	dir := t.TempDir()
	s, err := texts.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("池", texts.Most)
	for name, content := range map[string]string{"plain": "\ufeffhello", "long": long[:texts.Most], "latin": "caf\xe9", "none": ""} {
		if err := s.Put(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"plain": 5, "long": texts.Most - texts.Most%3, "latin": 0, "none": 0, "other": 0} {
		if got := len(s.Get(name)); got != want || s.Has(name) != (name != "other") {
			t.Errorf("%s: %d bytes, want %d", name, got, want)
		}
	}
	if err := s.Sweep(func(media string) (bool, error) { return media == "plain", nil }); err != nil {
		t.Fatal(err)
	}
	again, err := texts.Open(dir)
	if err != nil || again.Name() != s.Name() || !again.Has("plain") || again.Has("long") || again.Has("none") {
		t.Errorf("opened again: %v", err)
	}
	if other, err := texts.Open(t.TempDir()); err != nil || other.Name() == s.Name() {
		t.Errorf("another one has the same name, or %v", err)
	}
}
