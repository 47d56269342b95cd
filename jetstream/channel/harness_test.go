package channel

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// room is a channel with its log, as the writer keeps them.
type room struct {
	id       string
	now      int64
	ids      int
	most     int // members
	edits    int // of a message
	st       *State
	log      []wire.Record
	messages map[uint64]*Message
	moves    []Move
	blocked  func(by, of string) bool
	dated    func(pos uint64, at int64) int64
	present  []string
}

func newRoom(channel string) *room {
	return &room{id: channel, now: 1_000_000, most: 20, messages: map[uint64]*Message{}}
}

func (r *room) env() Env {
	return Env{
		Now: r.now, MaxMembers: r.most, MaxEdits: r.edits,
		NewID:   func() string { r.ids++; return fmt.Sprint(r.ids) },
		Message: func(seq uint64) (*Message, error) { return r.messages[seq], nil },
		Stays:   func(user string) (Stays, error) { return r.stays(user), nil },
		Blocked: r.blocked, Present: r.present,
		Dated: r.dated,
	}
}

// stays returns a user's stays.
func (r *room) stays(user string) (stays Stays) {
	for _, m := range r.moves {
		stays = stays.After(user, m)
	}
	return stays
}

// try decides a command and stores nothing.
func (r *room) try(user string, cmd wire.Command) ([]wire.Record, error) {
	return Decide(r.st, r.id, user, cmd, r.env())
}

// do decides a command and stores its events, as the writer does.
func (r *room) do(user string, cmd wire.Command) ([]wire.Record, error) {
	events, err := r.try(user, cmd)
	r.head().Number(events)
	for i := range events {
		r.store(events[i])
	}
	return events, err
}

func (r *room) head() Head {
	if r.st == nil {
		return Head{}
	}
	return r.st.Head
}

func (r *room) store(e wire.Record) {
	r.log = append(r.log, e)
	pos := uint64(len(r.log))
	before := r.st
	r.st = Apply(r.st, r.id, pos, &e)
	if m, moved := MoveOf(before, r.st, &e); moved {
		r.moves = append(r.moves, m)
	}
	if seq := About(&e); seq != 0 {
		r.messages[seq] = Fold(r.messages[seq], pos, &e)
	}
}

// must carries out commands that the rules allow and that change something.
func (r *room) must(tb testing.TB, user string, cmds ...wire.Command) {
	tb.Helper()
	for _, cmd := range cmds {
		if events, err := r.do(user, cmd); err != nil || len(events) == 0 {
			tb.Fatalf("%s: %T %+v: %d events, %v", user, cmd, cmd, len(events), err)
		}
	}
}

func say(text string) wire.Send { return wire.Send{Content: wire.Content{Text: text}} }

// wantCode checks the code of an error; "" means no error.
func wantCode(t interface {
	Helper()
	Fatalf(string, ...any)
}, err error, code wire.Code,
) {
	t.Helper()
	if e, _ := errors.AsType[*wire.Error](err); (err == nil) != (code == "") || err != nil && (e == nil || e.Code != code) {
		t.Fatalf("error %v, want %q", err, code)
	}
}

func check(t *testing.T, got, want []wire.Record, err error, code wire.Code) {
	t.Helper()
	wantCode(t, err, code)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
