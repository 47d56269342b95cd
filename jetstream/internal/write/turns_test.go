package write

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// held asks a lane's turns about a user's command, as a writer does.
func held(l *lane, channel, user, id string, change wire.Command) error {
	c := &Command{channel: channel, user: user, clientID: id, change: change, done: func(wire.Ack, error) {}}
	l.enter(c)
	if err := l.turns.held(c); err != nil {
		return err
	}
	c.answer(wire.Ack{}, nil)
	return nil
}

func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(func() bool { return true }, &script{}, nil)
		full := wire.Errorf(wire.CodeStorageFull, "").After(time.Minute)
		l.note(wish("1", nil), full)
		check := func(id string, want error) {
			t.Helper()
			if err := held(l, "a~b", "a", id, wire.Send{}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", id, err, want)
			}
		}
		check("2", full)
		check("3", full)
		check("2", full) // out of turn
		for what, err := range map[string]error{
			"another channel": held(l, "a~c", "a", "2", wire.Send{}),
			"another user":    held(l, "a~b", "b", "2", wire.Send{}),
			"a deletion":      held(l, "a~b", "a", "4", wire.Delete{}),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		check("1", nil)
		check("4", full)
		check("2", nil)
		check("3", nil)
		check("4", nil)
		check("5", nil)

		l.note(wish("6", nil), full)
		check("7", full)
		time.Sleep(holdFor - time.Millisecond)
		check("8", full)
		time.Sleep(time.Millisecond)
		check("9", nil) // its sender has had time to hear that 6 was refused
		time.Sleep(holdFor + commandTimeout + time.Millisecond)
		l.turns.tick(time.Now())
		if l.turns.some.Load() || len(l.turns.of)+len(l.turns.made) > 0 {
			t.Error("what is over is not forgotten")
		}
	})
}

func TestTurns_areBounded(t *testing.T) {
	l := newLane(func() bool { return true }, &script{}, nil)
	for i := range maxHolds + 100 {
		c := wish("1", nil)
		c.channel = fmt.Sprint(i)
		l.note(c, StorageFull())
	}
	for i := range maxLine + 100 {
		l.note(wish(fmt.Sprint(i), nil), StorageFull())
	}
	if n, line := len(l.turns.of), len(l.turns.of[memberOf{"a~b", "a"}].line); n != maxHolds || line != maxLine || len(l.turns.made) != maxHolds {
		t.Errorf("%d turns of %d made, a line of %d", n, len(l.turns.made), line)
	}
}
