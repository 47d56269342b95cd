package presence

import (
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestPresent shows that users who are connected to any node are present, visible or not, and other
// users are not. A node that does not answer costs little time.
func TestPresent(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	a, _ := startAs(t, node, "a", 1, fast)
	b, stopB := startAs(t, node, "b", 1, fast)
	eventually(t, "both know each other", func() bool { return a.Living() == 2 && b.Living() == 2 })
	for user, at := range map[string]*Tracker{"here": a, "there": b, "shy": b} {
		at.Enter(user, wire.PresenceOnline)
	}
	for user, at := range map[string]*Tracker{"ghost": a, "spectre": b} {
		at.Enter(user, wire.PresenceInvisible)
	}
	a.Enter("gone", wire.PresenceOnline)
	a.Leave("gone", wire.PresenceOnline, time.Now())
	asked := []string{"here", "there", "shy", "ghost", "spectre", "gone", "never"}
	for _, tr := range []*Tracker{a, b} {
		eventually(t, "all who are there are present", func() bool { return slices.Equal(tr.Present(asked), asked[:5]) })
	}
	if s := a.is("spectre"); s.State != wire.PresenceOffline {
		t.Errorf("an invisible user is %+v", s)
	}
	for user, want := range map[string]bool{"here": true, "there": true, "ghost": true, "spectre": true, "gone": false, "never": false} {
		eventually(t, "it is known whether a user is active: "+user, func() bool { return a.Active(user) == want })
	}
	a.Enter("idle", wire.PresenceAway)
	if a.Active("idle") {
		t.Error("a user who is away counts as active")
	}
	b.Set("spectre", wire.PresenceInvisible, wire.PresenceAway)
	eventually(t, "a user who has gone away is not active", func() bool { return !a.Active("spectre") })
	b.Enter("spectre", wire.PresenceInvisible)
	eventually(t, "a user who is back is", func() bool { return a.Active("spectre") })
	late, stopLate := startAs(t, node, "late", 1, fast)
	eventually(t, "a node that has just started hears of invisible users", func() bool { return late.Active("spectre") && late.Active("ghost") })
	stopLate()
	silent, err := node.Conn.Subscribe(presentSubject, func(*nats.Msg) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Unsubscribe() }()
	stopB()
	eventually(t, "a node that has stopped has nobody", func() bool { return !a.Active("spectre") })
	began := time.Now()
	if got := a.Present([]string{"here", "never"}); !slices.Equal(got, []string{"here"}) || time.Since(began) > 10*presentWait {
		t.Errorf("%q are present, after %v", got, time.Since(began))
	}
}
