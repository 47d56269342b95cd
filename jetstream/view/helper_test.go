package view

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// newView returns an empty view in memory.
func newView(t *testing.T, o Options) *View {
	t.Helper()
	if o.fs == nil {
		o.fs = vfs.NewMem()
	}
	o.Shards = max(o.Shards, 1)
	v := must(Open("view", o))(t)
	t.Cleanup(func() { noError(t, v.Close()) })
	return v
}

// must returns a value that came without an error, or ends the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		noError(t, err)
		return value
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// created returns a channel's first event.
func created(t *testing.T, pos uint64, channel string, members ...string) Event {
	t.Helper()
	return event(t, pos, channel, wire.KindMeta, wire.Record{
		Sender: members[0], Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Members: members},
	})
}

// message returns a message of ann's, with its seq as client id.
func message(t *testing.T, pos uint64, channel string, seq uint64) Event {
	t.Helper()
	return event(t, pos, channel, wire.KindMessage, wire.Record{
		Sender: "ann", Seq: seq, ClientID: fmt.Sprint(seq), Content: &wire.Content{Text: "hello"},
	})
}

// event returns the next event of its channel in the log that a test writes. An event at a
// lower position than the one before begins another log.
func event(t *testing.T, pos uint64, channel string, kind wire.Kind, r wire.Record) Event {
	t.Helper()
	r.Kind, r.ID, r.Timestamp = kind, fmt.Sprint("id", pos), int64(pos)*1000
	number(t, pos, channel, &r)
	return Event{Pos: pos, Channel: channel, Kind: kind, Record: must(wire.EncodeRecord(&r))(t)}
}

// heads holds the ends of the channels in the logs that tests write, by test and channel:
// before their last event and after it.
var heads sync.Map

func number(t *testing.T, pos uint64, id string, r *wire.Record) {
	t.Helper()
	key := t.Name() + " " + id
	var head channel.Head
	if h, ok := heads.Load(key); ok {
		switch ends := h.([2]channel.Head); {
		case ends[1].Pos < pos:
			head = ends[1]
		case ends[1].Pos == pos: // the same event again
			head = ends[0]
		default:
		}
	}
	before := head
	if r.Seq > head.Seq+1 { // the messages in between were erased
		head.Version += r.Seq - head.Seq - 1
		head.Seq = r.Seq - 1
	}
	one := []wire.Record{*r}
	head.Number(one)
	*r = one[0]
	heads.Store(key, [2]channel.Head{before, {Version: r.Version, Seq: max(r.Seq, r.Last), Pos: pos}})
}

// positions returns the positions of events, which most tests compare.
func positions(events []Event) []uint64 {
	pos := []uint64{}
	for _, e := range events {
		pos = append(pos, e.Pos)
	}
	return pos
}

func appliedPositions(applied []Applied) []uint64 {
	pos := []uint64{}
	for _, a := range applied {
		pos = append(pos, a.Pos)
	}
	return pos
}

// logged collects log lines so that tests can read them.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// count returns how many lines contain a text.
func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

// pinsOf returns all pins of a channel that a user is shown.
func pinsOf(v *View, user, channel string) (pins []Event, err error) {
	err = v.EachPin(user, channel, 0, func(e *Event) (bool, error) {
		pins = append(pins, *e)
		return true, nil
	})
	return pins, err
}
