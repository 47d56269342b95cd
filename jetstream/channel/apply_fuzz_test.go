package channel

import (
	"bytes"
	"slices"
	"testing"

	"natterjack/server/wire"
)

// FuzzApply shows that the rules can work on the state after any log, such as one with records
// of a newer node or of an operator.
func FuzzApply(f *testing.F) {
	for _, id := range []string{GroupID("own", "1"), "mem~own"} {
		var log []byte
		for _, e := range fixture(f, id).log {
			record, err := wire.EncodeRecord(&e)
			if err != nil {
				f.Fatal(err)
			}
			log = append(append(log, record...), '\n')
		}
		f.Add(log)
	}
	f.Add([]byte(`{"kind":"meta","id":"1","sender":"a","timestamp":1,"meta":{"action":"deleted"}}
{"kind":"message","id":"2","sender":"a","seq":9,"timestamp":0}`))
	f.Fuzz(func(t *testing.T, log []byte) {
		var st *State
		messages := map[uint64]*Message{}
		pos := uint64(0)
		for line := range bytes.SplitSeq(log, []byte("\n")) {
			r, err := wire.DecodeRecord(line)
			if err != nil {
				continue
			}
			pos++
			before := st
			st = Apply(st, "c", pos, &r)
			checkSound(t, before, st)
			if seq := About(&r); seq != 0 {
				messages[seq] = Fold(messages[seq], pos, &r)
			}
		}
		env := Env{
			NewID:   func() string { return "x" },
			Message: func(seq uint64) (*Message, error) { return messages[seq], nil },
			Stays:   func(string) (Stays, error) { return Stays{{Upto: lasts}}, nil },
		}
		for _, c := range matrix {
			_, _ = Decide(st, "c", "own", c.cmd, env)
		}
	})
}

// checkSound checks the properties of a state that its readers rely on.
func checkSound(t *testing.T, before, st *State) {
	t.Helper()
	for name, users := range map[string][]string{"members": st.Members, "banned": st.Banned, "requested": st.Requested} {
		if !slices.IsSorted(users) || len(slices.Compact(slices.Clone(users))) != len(users) {
			t.Fatalf("%s: %q", name, users)
		}
	}
	for _, user := range st.Members {
		if slices.Contains(st.Banned, user) || slices.Contains(st.Requested, user) {
			t.Fatalf("%q is a member, and in %q or %q", user, st.Banned, st.Requested)
		}
	}
	for _, user := range st.Requested {
		if slices.Contains(st.Banned, user) {
			t.Fatalf("%q waits, and is banned", user)
		}
	}
	if !st.Exists() && len(st.Members) > 0 {
		t.Fatalf("not there, and has %q", st.Members)
	}
	if st.Kind == wire.Group && len(st.Roles) != len(st.Members) || st.Kind != wire.Group && st.Roles != "" {
		t.Fatalf("roles %q of %q", st.Roles, st.Members)
	}
	if len(st.Since) != len(st.Roles) {
		t.Fatalf("times %v of %q", st.Since, st.Members)
	}
	if len(st.Asked) != len(st.Requested) {
		t.Fatalf("requests %q of %q", st.Asked, st.Requested)
	}
	if !slices.IsSorted(st.Pins) || !slices.IsSortedFunc(st.Invites, func(a, b Invite) int { return bytes.Compare([]byte(a.Hash), []byte(b.Hash)) }) {
		t.Fatalf("pins %v, invites %v", st.Pins, st.Invites)
	}
	if before != nil && (st.Seq < before.Seq || before.Deleted && !st.Deleted) {
		t.Fatalf("after %+v comes %+v", before, st)
	}
}
