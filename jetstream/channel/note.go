package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"

	"natterjack/server/wire"
)

// Noted returns the event for a command by a user that changes nothing. The event says only that
// the command was carried out. So a retry finds it, and changes nothing either, even if the channel
// has changed since.
func Noted(st *State, channel, user string, cmd wire.Change, env Env) ([]wire.Record, error) {
	print, err := fingerprint(cmd)
	if err != nil {
		return nil, err
	}
	a := &act{st: st, channel: channel, user: user, key: cmd.Key(), env: env}
	request, _ := st.Request(user)
	return a.event(wire.KindNote, wire.Record{Note: &wire.Note{Command: print, Request: request}}), nil
}

// fingerprint returns a hash of everything in a command but its ref and its ticket, which a client
// may give anew at each try. It is the same on every node whose version encodes the command in the
// same way.
func fingerprint(cmd wire.Command) (string, error) {
	if c, ok := cmd.(wire.UpdateChannel); ok {
		c.Picture = givenPicture(c.Picture)
		cmd = c
	}
	again := reflect.New(reflect.TypeOf(cmd))
	again.Elem().Set(reflect.ValueOf(cmd))
	if numbered, ok := reflect.TypeAssert[interface{ Number(ref uint64) }](again); ok {
		numbered.Number(0)
	}
	body, err := wire.Append(nil, again.Elem().Interface().(wire.Command))
	if err != nil {
		return "", fmt.Errorf("fingerprint of a command: %w", err)
	}
	const length = 16 // bytes; only its own user gains by a second command with the same hash
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:length]), nil
}

// is reports whether a note is about a command.
func is(n *wire.Note, cmd wire.Command) bool {
	print, err := fingerprint(cmd)
	return err == nil && n != nil && n.Command == print
}

// MentionsHere reports whether a content mentions the members who are connected, and not all
// members anyway.
func MentionsHere(c *wire.Content) bool {
	mentions := func(kind wire.MentionKind) bool {
		return slices.ContainsFunc(c.Mentions, func(m wire.Mention) bool { return m.Kind == kind })
	}
	return mentions(wire.MentionHere) && !mentions(wire.MentionChannel)
}

// here returns the note of those members whom a content mentions by @here, or none. It comes
// before the message, or the edit that adds the mention, and no client gets it: members may be
// invisible. An edit that keeps the mention keeps the members who were mentioned first.
func (a *act) here(seq uint64, before, after *wire.Content) []wire.Record {
	if !MentionsHere(after) || before != nil && MentionsHere(before) {
		return nil
	}
	present := slices.DeleteFunc(sorted(a.env.Present), func(user string) bool { return !a.st.Member(user) })
	if len(present) == 0 {
		return nil
	}
	note := a.event(wire.KindNote, wire.Record{Note: &wire.Note{Seq: seq, Present: present}})
	note[0].ClientID = "" // the message has it
	return note
}
