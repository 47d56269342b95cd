package wire

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"pgregory.net/rapid"
)

var userGen = rapid.StringMatching(`[a-z0-9_-]{1,64}`)

func TestValidUser(t *testing.T) {
	for user, want := range map[string]bool{
		"alice": true, "a": true, "0": true, "a-b_c": true, "-": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "Alice": false, "al.ice": false, "al ice": false, "al~ice": false, "*": false,
		">": false, "älice": false, "alice\n": false, "$SYS": false, "a\x00": false,
	} {
		if got := ValidUser(user); got != want {
			t.Errorf("ValidUser(%q) = %v", user, got)
		}
	}
}

func TestValidClientID(t *testing.T) {
	for id, want := range map[string]bool{
		"c": true, "0199c2f0-7c2a-7b30-9d2e-3f6b1a2c4d5e": true, "~!{}\"\\*>.": true, strings.Repeat("x", 64): true,
		"": false, " ": false, "a b": false, "é": false, "a\x7f": false, "a\n": false, strings.Repeat("x", 65): false,
	} {
		if got := ValidClientID(id); got != want {
			t.Errorf("ValidClientID(%q) = %v", id, got)
		}
	}
}

func TestValidChannel(t *testing.T) {
	for id, want := range map[string]bool{
		"alice~bob": true, "alice~alice": true, "~bob": true, "-~0": true, "gabcdefghijklmnopqrstuvw2": true,
		strings.Repeat("a", 64) + "~" + strings.Repeat("b", 64): true,
		"": false, "alice": false, "bob~alice": false, "alice~": false, "~": false, "~~bob": false, "a~b~c": false, "*": false, "a.b": false,
		"gabcdefghijklmnopqrstuvw": false, "gabcdefghijklmnopqrstuvw1": false, "gABCDEFGHIJKLMNOPQRSTUVW2": false,
		"habcdefghijklmnopqrstuvw2": false, "gabcdefghijklmnopqrstuvw22": false,
	} {
		if got := ValidChannel(id); got != want {
			t.Errorf("ValidChannel(%q) = %v", id, got)
		}
	}
}

func TestDirectChannel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := userGen.Draw(t, "a"), userGen.Draw(t, "b")
		id := DirectChannel(a, b)
		if id != DirectChannel(b, a) {
			t.Fatalf("%q depends on who opens it", id)
		}
		x, y, ok := DirectUsers(id)
		if !ok || !(x == a && y == b || x == b && y == a) {
			t.Fatalf("DirectUsers(%q) = %q, %q, %v", id, x, y, ok)
		}
		if len(id) > MaxChannelLen {
			t.Fatalf("%q is %d bytes", id, len(id))
		}
	})
}

// TestSlotOf_IsPartition shows that a service can find a channel's slot with NATS's own subject
// mapping.
func TestSlotOf_IsPartition(t *testing.T) {
	mapping, err := server.NewSubjectTransform("*", "{{partition(256,1)}}")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		channel := DirectChannel(userGen.Draw(t, "a"), userGen.Draw(t, "b"))
		if got, want := strconv.Itoa(SlotOf(channel)), mapping.TransformSubject(channel); got != want {
			t.Fatalf("SlotOf(%q) = %s, partition gives %s", channel, got, want)
		}
	})
}

// FuzzNames shows that a valid name is a subject token, and that the grammars do not overlap.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"alice", "alice~bob", "gaaaaaaaaaaaaaaaaaaaaaaaa", "a~a", "~", "", "*", ">", "a.b", "A", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		channel := ValidChannel(s)
		if (channel || ValidUser(s)) && (len(s) > MaxChannelLen || bytes.ContainsAny([]byte(s), ".*> \t\r\n\x00$")) {
			t.Fatalf("%q is not a subject token", s)
		}
		a, b, direct := DirectUsers(s)
		if direct && (!channel || DirectChannel(a, b) != s || DirectChannel(b, a) != s) {
			t.Fatalf("%q is not in the one form of %q and %q", s, a, b)
		}
		if slot := SlotOf(s); slot < 0 || slot >= Slots {
			t.Fatalf("slot %d", slot)
		}
	})
}
