package wire

import (
	"hash/fnv"
	"strings"
)

// Limits of names. All are bytes; the grammars admit only ASCII, so they are characters too.
const (
	MaxUserLen     = 64
	MaxClientIDLen = 64
	MaxChannelLen  = 2*MaxUserLen + 1
	groupIDLen     = 25
)

// directSeparator joins the two users of a direct channel. It is outside the grammar of users and groups,
// so no group can be mistaken for a direct channel and no pair for another pair.
const directSeparator = "~"

// ValidUser reports whether user can act: 1 to [MaxUserLen] of a–z, 0–9, '_' and '-'. The grammar is that narrow
// because a user is a NATS subject token, where NATS permissions say who may act as whom, and because names that
// differ only in case would be mistaken for each other by people.
func ValidUser(user string) bool {
	return len(user) >= 1 && len(user) <= MaxUserLen && all(user, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	})
}

// ValidClientID reports whether id may name a send: 1 to [MaxClientIDLen] printable ASCII characters without space.
func ValidClientID(id string) bool {
	return len(id) >= 1 && len(id) <= MaxClientIDLen && all(id, func(c byte) bool { return c > ' ' && c <= '~' })
}

// ValidChannel reports whether id has the form of a channel: direct, group, or a user's own; it says nothing about its existence.
func ValidChannel(id string) bool {
	if _, _, direct := DirectUsers(id); direct {
		return true
	}
	if _, own := OwnerOf(id); own {
		return true
	}
	return len(id) == groupIDLen && id[0] == 'g' && all(id[1:], func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '2' && c <= '7'
	})
}

// DirectChannel is the one channel of two users, however it is opened: "alice~bob". Both may be the same user.
func DirectChannel(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + directSeparator + b
}

// DirectUsers are the two users of a direct channel, in order; ok is false where id is not in the one form
// that [DirectChannel] makes.
func DirectUsers(id string) (a, b string, ok bool) {
	a, b, ok = strings.Cut(id, directSeparator)
	return a, b, ok && ValidUser(a) && ValidUser(b) && a <= b
}

// OwnChannel is the channel of a user's own settings, "~alice", of which nobody else is a member.
func OwnChannel(user string) string { return directSeparator + user }

// OwnerOf is whose own channel id is; ok is false where it is of another kind.
func OwnerOf(id string) (user string, ok bool) {
	user, ok = strings.CutPrefix(id, directSeparator)
	return user, ok && ValidUser(user)
}

// Slots is the number of slots. Each channel lives in one of them for ever; each shard holds some.
const Slots = 256

// SlotOf returns the slot of a channel: FNV-1a32(channel) mod [Slots], the function of NATS's own
// {{partition(256,1)}} subject mapping, so that a service can compute it too.
func SlotOf(channel string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(channel)) // a hash never fails
	return int(h.Sum32() % Slots)
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}
