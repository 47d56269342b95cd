package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// testChannel is the channel of the tables of limits.
const testChannel = "alice~bob"

// limits are the commands of one topic at their limits and one beyond them.
type limits struct {
	valid   map[string]Command
	refused []refusedCommand
}

type refusedCommand struct {
	cmd  Command
	says string // start of the error text
}

// TestValidate_changes tries each change at its limits and one beyond them.
func TestValidate_changes(t *testing.T) {
	tried := map[string]bool{}
	for _, topic := range []limits{messageLimits, attachmentLimits, reactionLimits, pinLimits, groupLimits, memberLimits, inviteLimits, pushLimits} {
		for name, c := range topic.valid {
			tried[c.Type()] = true
			if err := c.Validate(DefaultLimits()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, c := range topic.refused {
			err := c.cmd.Validate(DefaultLimits())
			if err == nil || !strings.HasPrefix(AsError(err, 0).Message, c.says) {
				t.Errorf("%s %+v: %v, want %s", c.cmd.Type(), c.cmd, err, c.says)
			}
		}
	}
	checkEveryChange(t, tried)
}

// checkEveryChange checks that the tables have every change of the protocol.
func checkEveryChange(t *testing.T, have map[string]bool) {
	t.Helper()
	for _, g := range goldenCommands {
		if _, change := g.value.(Change); change && !have[g.value.Type()] {
			switch g.value.(type) {
			case Send, Set, SetProfile: // these have tests of their own
			default:
				t.Errorf("%s: its limits are not tested", g.value.Type())
			}
		}
	}
}

// TestChange_place shows that a change goes to the channel it names, and a direct message to
// the direct channel of the two users.
func TestChange_place(t *testing.T) {
	for _, g := range goldenCommands {
		c, ok := g.value.(Change)
		if !ok {
			continue
		}
		v := reflect.ValueOf(g.value)
		if place := v.FieldByName("Channel"); place.IsValid() && place.String() != "" && c.Place("zoe") != place.String() {
			t.Errorf("%s: %q", g.name, c.Place("zoe"))
		}
		if key := v.FieldByName("ClientID").String(); c.Key() != key {
			t.Errorf("%s: key %q, want %q", g.name, c.Key(), key)
		}
	}
	if got := (Send{To: "bob"}).Place("zoe"); got != "bob~zoe" {
		t.Errorf("a direct message goes to %q", got)
	}
}

func TestValidate_GoCallers(t *testing.T) { // Go callers can pass values that JSON would have refused.
	l := DefaultLimits()
	for _, c := range []Command{
		Send{To: "bob", ClientID: "c", Content: Content{Text: "\xff"}},
		Send{To: "bob", ClientID: "c", Content: Content{Text: "a\xffb"}},
		CreateGroup{ClientID: "c", Name: "\xff"},
		Connect{Version: Version, Resume: &Resume{Positions: make([]uint64, 1025)}},
	} {
		if err := c.Validate(l); !errors.Is(err, &Error{Code: CodeInvalid}) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestValidate_Accepts(t *testing.T) {
	l := DefaultLimits()
	for _, g := range goldenCommands {
		if err := g.value.Validate(l); err != nil {
			t.Errorf("%s: %v", g.name, err)
		}
	}
	for _, c := range []Command{
		Connect{Version: Version},
		Connect{Version: Version, Resume: &Resume{}},
		History{Channel: "alice~bob", Limit: 100},
		ListChannels{},
	} {
		if err := c.Validate(l); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestLimitOr50(t *testing.T) {
	if LimitOr50(0) != 50 || LimitOr50(7) != 7 {
		t.Errorf("%d, %d", LimitOr50(0), LimitOr50(7))
	}
}
