package bridge

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/server/wire"
)

// turns are the sends of a client that does not wait: the sends to be written next, in their
// order, and the seqs of the others.
type turns struct {
	tb      testing.TB
	waiting []int // ascending, from 1
	seqs    []uint64
	refused int
}

func newTurns(tb testing.TB, n int) *turns {
	tb.Helper()
	s := &turns{tb: tb, seqs: make([]uint64, n)}
	for i := range n {
		s.waiting = append(s.waiting, i+1)
	}
	return s
}

// next returns the frames of up to n sends.
func (s *turns) next(n int) (frames string, count int) {
	var some []string
	for _, i := range s.waiting[:min(n, len(s.waiting))] {
		some = append(some, fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c%d","content":{"text":"hi"}}`, i, i))
	}
	s.waiting = s.waiting[len(some):]
	return strings.Join(some, "\n"), len(some)
}

// take handles a frame, and reports whether it is an answer. A refused send is sent again next.
func (s *turns) take(f wire.Frame) bool {
	s.tb.Helper()
	switch f := f.(type) {
	case wire.Ack:
		s.seqs[f.Ref.Ref-1] = f.Seq
	case *wire.Error:
		if !f.Retryable {
			s.tb.Fatalf("send %d: %v", f.Ref.Ref, f)
		}
		s.refused++
		at, _ := slices.BinarySearch(s.waiting, int(f.Ref.Ref))
		s.waiting = slices.Insert(s.waiting, at, int(f.Ref.Ref))
	default:
		return false
	}
	return true
}

func (s *turns) check() {
	s.tb.Helper()
	if s.refused == 0 {
		s.tb.Error("nothing was refused")
	}
	for i, seq := range s.seqs {
		if seq != uint64(i+1) {
			s.tb.Fatalf("send %d has seq %d; all: %v", i+1, seq, s.seqs)
		}
	}
}

// narrow returns a log in which hardly anything may wait. It allows for a client that learns
// late of a refusal because the machine is busy.
func narrow(tb testing.TB) *jetstream.Log {
	tb.Helper()
	return logWith(tb, embedtest.Start(tb, embedtest.NoSync), func(c *jetstream.Config) { c.Waiting, c.Hold = 3, patience })
}

// TestSession_refusedKeepsOrder pipelines sends over a socket into a log that refuses most of
// them. It has twice as many in flight as a session may have, and repeats refused sends at
// once.
func TestSession_refusedKeepsOrder(t *testing.T) {
	r := newRig(t, Config{Log: narrow(t), Limits: wire.Limits{CommandsPerS: 100_000}})
	c := r.connect(t, "alice")
	s := newTurns(t, 150)
	for out := 0; len(s.waiting)+out > 0; {
		if frames, n := s.next(2*r.limits.InFlight - out); n > 0 {
			c.send(frames)
			out += n
		}
		if s.take(decode[wire.Frame](t, c.next())) {
			out--
		}
	}
	s.check()
}

// TestFrames_refusedKeepOrder does the same over POST. A request holds many sends, and the next
// request repeats those that were refused.
func TestFrames_refusedKeepOrder(t *testing.T) {
	r := newRig(t, Config{Log: narrow(t)})
	s := newTurns(t, 100)
	for len(s.waiting) > 0 {
		frames, _ := s.next(r.limits.InFlight)
		for line := range split(r.postFrames(t, "alice", frames)) {
			s.take(decode[wire.Frame](t, line))
		}
	}
	s.check()
}

// postFrames posts commands, one per line, and returns the answers.
func (r *rig) postFrames(tb testing.TB, token, frames string) []byte {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "http://bridge"+wire.PathFrames, strings.NewReader(frames))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := r.http.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s, %v", resp.Status, body, err)
	}
	return body
}
