package view

import (
	"encoding/binary"
	"slices"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// head is the small part of a channel that nearly every event reads and changes. It is stored
// under a key of its own. A plain channel has nothing but its head: the members of a direct
// channel, or of a user's own channel, are in the channel's name.
type head struct {
	channel.Head
	flags   flags
	created int64 // when a plain channel was created, Unix milliseconds
}

type flags uint8

const (
	flagCreated flags = 1 << iota // a plain channel that was created
	flagSecond                    // a plain direct channel was created by the second of its users
	flagRich                      // the channel is not plain; the rest of it has a key of its own
	flagSlow                      // slow mode is on
	flagDeleted
	flagsEnd
)

func (h *head) has(f flags) bool { return h.flags&f != 0 }

// headOf returns the head of a state.
func headOf(st *channel.State) head {
	h := head{Head: st.Head}
	users := usersOf(st.ID)
	if st.Kind != "" {
		h.flags, h.created = flagCreated, st.Created
		if len(users) > 1 && st.Creator == users[1] {
			h.flags |= flagSecond
		}
	}
	if !isPlain(st, users) {
		h.flags, h.created = flagRich, 0
	}
	if st.SlowModeS > 0 {
		h.flags |= flagSlow
	}
	if st.Deleted {
		h.flags |= flagDeleted
	}
	return h
}

// isPlain reports whether the channel's name and head are enough to rebuild a state. Users are
// the users in that name.
func isPlain(st *channel.State, users []string) bool {
	switch {
	case st.Name != "" || st.Topic != "" || st.Origin != 0 || st.SlowModeS != 0 || st.Archived || st.Deleted || st.Roles != "" || st.Since != nil:
		return false
	case len(st.Banned)+len(st.Removed)+len(st.Requested)+len(st.Invites)+len(st.Pins)+len(st.Spoke) > 0:
		return false
	case st.Kind == "":
		return len(st.Members) == 0 && st.Creator == "" && st.Created == 0
	default:
		return st.Kind == kindOf(st.ID) && slices.Contains(users, st.Creator) && slices.Equal(st.Members, users)
	}
}

// plain returns the state of a plain channel.
func (h *head) plain(id string) *channel.State {
	st := &channel.State{ID: id, Head: h.Head}
	if !h.has(flagCreated) {
		return st
	}
	st.Kind, st.Created, st.Members = kindOf(id), h.created, usersOf(id)
	st.Creator = st.Members[0]
	if h.has(flagSecond) {
		st.Creator = st.Members[1]
	}
	return st
}

// kindOf returns the kind that a channel's name tells, or an empty kind for a group.
func kindOf(channel string) wire.ChannelKind {
	if _, own := wire.OwnerOf(channel); own {
		return wire.Own
	}
	if _, _, direct := wire.DirectUsers(channel); direct {
		return wire.Direct
	}
	return ""
}

// usersOf returns the users in a channel's name, ascending.
func usersOf(channel string) []string {
	if owner, own := wire.OwnerOf(channel); own {
		return []string{owner}
	}
	a, b, direct := wire.DirectUsers(channel)
	switch {
	case !direct:
		return nil
	case a == b:
		return []string{a}
	default:
		return []string{a, b}
	}
}

// with returns the state of a channel that is not plain. It combines this head with the rest of
// a state of the same channel, which may have another head.
func (h *head) with(body *channel.State) *channel.State {
	if body.Head == h.Head {
		return body
	}
	st := *body
	st.Head = h.Head
	return &st
}

func appendHead(dst []byte, h *head) []byte {
	dst = binary.AppendUvarint(dst, h.Version)
	dst = binary.AppendUvarint(dst, h.Seq)
	dst = binary.AppendUvarint(dst, h.Pos)
	dst = binary.AppendVarint(dst, h.Active)
	dst = binary.AppendVarint(dst, h.Said-h.Active) // mostly 0
	dst = binary.AppendUvarint(dst, h.Pos-h.SaidAt) // too
	dst = binary.AppendUvarint(dst, h.Held)
	dst = append(dst, byte(h.flags))
	if h.has(flagCreated) {
		dst = binary.AppendVarint(dst, h.created)
	}
	return dst
}

func parseHead(value []byte) (h head, err error) {
	p := parser{rest: value}
	h.Version, h.Seq, h.Pos, h.Active = p.uvarint(), p.uvarint(), p.uvarint(), p.varint()
	h.Said, h.SaidAt, h.Held = h.Active+p.varint(), h.Pos-p.uvarint(), p.uvarint()
	f := p.uvarint()
	if f >= uint64(flagsEnd) {
		p.fail()
	}
	if h.flags = flags(f); h.has(flagCreated) {
		h.created = p.varint()
	}
	return h, p.end()
}
