package node

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natterjack/server/wire"
)

// found asks until a search has the wanted outcome: so many hits.
func (s *stage) found(t *testing.T, user, query string, want int) wire.Found {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		f := s.must(t, user, fmt.Sprintf(`{"type":"search","query":%q}`, query)).(wire.Found)
		if len(f.Hits) == want {
			return f
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s finds %d of %q, want %d", user, len(f.Hits), query, want)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// nothing shows that a search finds nothing at once: a deletion does not wait for the index.
func (s *stage) nothing(t *testing.T, user, query string) {
	t.Helper()
	if f := s.must(t, user, fmt.Sprintf(`{"type":"search","query":%q}`, query)).(wire.Found); len(f.Hits) > 0 {
		t.Errorf("%s finds %+v", user, f.Hits)
	}
}

// TestSearch_changes finds messages as they are now: what was edited or deleted, and what is in a
// channel that the user has left, is gone as soon as that is acknowledged.
func TestSearch_changes(t *testing.T) {
	s := newStage(t)
	in := func(user, frame string) { s.must(t, user, strings.ReplaceAll(frame, "CH", s.group)) }
	in("own", `{"type":"send","channel":"CH","client_id":"s1","content":{"text":"a spadefoot"}}`)
	in("own", `{"type":"send","channel":"CH","client_id":"s2","content":{"text":"another spadefoot"}}`)
	s.found(t, "lat", "spadefoot", 2)
	in("own", `{"type":"edit","channel":"CH","seq":6,"content":{"text":"a natterjack"}}`)
	if f := s.found(t, "lat", "spadefoot", 1); f.Hits[0].Seq != 7 {
		t.Errorf("found %+v", f.Hits)
	}
	s.found(t, "lat", "natterjack", 1)
	in("own", `{"type":"delete","channel":"CH","seq":7}`)
	s.nothing(t, "lat", "spadefoot")
	in("lat", `{"type":"leave","channel":"CH"}`)
	s.nothing(t, "lat", "natterjack")
	in("own", `{"type":"add_members","channel":"CH","members":["never"]}`)
	s.nothing(t, "never", "natterjack")
	in("own", `{"type":"send","channel":"CH","client_id":"s3","content":{"text":"natterjack again"}}`)
	s.found(t, "never", "natterjack", 1)
	s.found(t, "adm", "natterjack", 2)
	in("own", `{"type":"delete_channel","channel":"CH"}`)
	s.nothing(t, "adm", "natterjack")
}

// TestSearch_files finds a message by the text of its file.
func TestSearch_files(t *testing.T) {
	s := newStage(t)
	seq, _ := s.upload(t, "own", s.group, []byte("the pond was full of spadefoots"))
	f := s.found(t, "lat", "spadefoot", 1)
	if h := f.Hits[0]; h.Seq != seq || len(h.Excerpts) != 1 || h.Excerpts[0].Text != "the pond was full of spadefoots" {
		t.Errorf("found %+v", f.Hits)
	}
	s.nothing(t, "former", "spadefoot")
	s.must(t, "own", fmt.Sprintf(`{"type":"delete","channel":%q,"seq":%d}`, s.group, seq))
	s.nothing(t, "lat", "spadefoot")
}

// TestSearch_damaged starts with an index that cannot be read, serves at once, and finds everything
// soon.
func TestSearch_damaged(t *testing.T) {
	cfg := load(t)
	a, stop := start(t, cfg)
	s := &stage{addresses: a, tokens: map[string]string{"alice": signIn(t, a, "alice")}}
	s.must(t, "alice", `{"type":"send","to":"bob","client_id":"1","content":{"text":"a spadefoot"}}`)
	s.found(t, "alice", "spadefoot", 1)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	spoiled := 0
	err := filepath.WalkDir(filepath.Join(cfg.Data, "search"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".bolt" {
			return err
		}
		spoiled++
		return os.WriteFile(path, []byte("spoiled"), 0o600)
	})
	if err != nil || spoiled == 0 {
		t.Fatalf("%d files spoiled, %v", spoiled, err)
	}
	s.addresses, _ = start(t, cfg)
	s.found(t, "alice", "spadefoot", 1)
}

// TestSearch_off answers that there is no search, and makes no index.
func TestSearch_off(t *testing.T) {
	cfg := load(t)
	cfg.Search.Off = true
	a, _ := start(t, cfg)
	s := &stage{addresses: a, tokens: map[string]string{"alice": signIn(t, a, "alice")}}
	for _, frame := range []string{`{"type":"search","query":"x"}`, `{"type":"find","query":"x"}`} {
		if e, ok := s.post(t, "alice", frame).(*wire.Error); !ok || e.Code != wire.CodeUnavailable {
			t.Errorf("%s: %+v", frame, e)
		}
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "search")); !os.IsNotExist(err) {
		t.Errorf("there is an index: %v", err)
	}
}
