package channel

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// world is all the channels of a log, made by commands alone.
type world struct {
	now      int64
	pos      uint64
	ids      int
	channels map[string]*State
	logs     map[string][]Event
	created  map[[2]string]*Create // by creator and client id: the first that went through
}

var users = []string{"ann", "bob", "cem", "dot"}

const maxMembers = 3

func (w *world) env() Env {
	return Env{Now: w.now, MaxMembers: maxMembers, NewID: func() string { w.ids++; return fmt.Sprint(w.ids) }}
}

// append stores events as the writer does.
func (w *world) append(id string, events []Event) {
	for _, e := range events {
		w.pos++
		w.channels[id] = Apply(w.channels[id], id, e.Kind, w.pos, &e.Record)
		w.logs[id] = append(w.logs[id], e)
	}
}

// TestCommandsKeepTheRules throws random commands at random channels, some twice and some by strangers.
func TestCommandsKeepTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: 1000, channels: map[string]*State{}, logs: map[string][]Event{}, created: map[[2]string]*Create{}}
		t.Repeat(map[string]func(*rapid.T){
			"":       w.check,
			"post":   w.post,
			"create": w.create,
			"clock":  func(t *rapid.T) { w.now += rapid.Int64Range(-50, 100).Draw(t, "step") },
		})
	})
}

func (w *world) post(t *rapid.T) {
	user := rapid.SampledFrom(users).Draw(t, "user")
	id := w.drawChannel(t)
	st := w.channels[id]
	p := &Post{Channel: id, Sender: user, ClientID: "c", Content: wire.Content{Text: "hello"}}
	events, err := DecidePost(st, p, w.env())
	a, b, direct := wire.DirectUsers(id)
	if may := st.Member(user) || st == nil && direct && (user == a || user == b); (err == nil) != may {
		t.Fatalf("%s in %s: %v, member %v", user, id, err, may)
	}
	w.append(id, events)
}

func (w *world) drawChannel(t *rapid.T) string {
	if rapid.Bool().Draw(t, "direct") {
		return wire.DirectChannel(rapid.SampledFrom(users).Draw(t, "a"), rapid.SampledFrom(users).Draw(t, "b"))
	}
	return GroupID(rapid.SampledFrom(users).Draw(t, "creator"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "client id"))
}

func (w *world) create(t *rapid.T) {
	c := &Create{
		Creator:  rapid.SampledFrom(users).Draw(t, "creator"),
		ClientID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "client id"),
		Name:     rapid.SampledFrom([]string{"toads", "frogs"}).Draw(t, "name"),
		Members:  rapid.SliceOfN(rapid.SampledFrom(users), 0, 4).Draw(t, "members"),
	}
	id := GroupID(c.Creator, c.ClientID)
	first := w.created[[2]string{c.Creator, c.ClientID}]
	events, err := DecideCreate(w.channels[id], c, w.env())
	switch {
	case first == nil && len(everybody(c)) > maxMembers:
		wantCode(t, err, wire.CodeTooLarge)
	case first == nil:
		wantCode(t, err, "")
		w.created[[2]string{c.Creator, c.ClientID}] = c
		w.append(id, events)
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
	case c.Name == first.Name && slices.Equal(everybody(c), everybody(first)):
		wantCode(t, err, "")
		if len(events) != 0 {
			t.Fatalf("a retry appended %v", events)
		}
	default:
		wantCode(t, err, wire.CodeConflict)
	}
}

func everybody(c *Create) []string {
	all := append([]string{c.Creator}, c.Members...)
	slices.Sort(all)
	return slices.Compact(all)
}

func wantCode(t *rapid.T, err error, code wire.Code) {
	if got := wire.AsError(err, 0); err == nil && code != "" || err != nil && got.Code != code {
		t.Fatalf("error %v, want %q", err, code)
	}
}

// check holds every channel to what must always be so.
func (w *world) check(t *rapid.T) {
	for id, log := range w.logs {
		st := w.channels[id]
		if !wire.ValidChannel(id) {
			t.Fatalf("channel %q has no valid id", id)
		}
		if !slices.IsSorted(st.Members) || len(slices.Compact(slices.Clone(st.Members))) != len(st.Members) || !st.Member(st.Creator) {
			t.Fatalf("members of %s: %v, made by %s", id, st.Members, st.Creator)
		}
		if log[0].Record.Meta == nil || log[0].Record.Meta.Action != wire.ActionCreated {
			t.Fatalf("%s begins with %+v", id, log[0])
		}
		w.checkLog(t, st, log)
	}
}

func (w *world) checkLog(t *rapid.T, st *State, log []Event) {
	seq, last, ids := uint64(0), int64(0), map[string]bool{}
	for i, e := range log {
		if e.Kind == wire.KindMessage {
			if seq++; e.Record.Seq != seq || !st.Member(e.Record.Sender) {
				t.Fatalf("event %d of %s has seq %d after %d, by %s", i, st.ID, e.Record.Seq, seq-1, e.Record.Sender)
			}
		} else if i > 0 {
			t.Fatalf("event %d of %s is %+v", i, st.ID, e)
		}
		if e.Record.Timestamp < last || ids[e.Record.ID] {
			t.Fatalf("event %d of %s: time %d after %d, id %s", i, st.ID, e.Record.Timestamp, last, e.Record.ID)
		}
		last, ids[e.Record.ID] = e.Record.Timestamp, true
	}
	if st.Seq != seq || st.Active != last {
		t.Fatalf("head of %s is %+v, its log ends with seq %d at %d", st.ID, st.Head, seq, last)
	}
}
