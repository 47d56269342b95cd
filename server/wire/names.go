package wire

import (
	"hash/fnv"
	"strings"
)

// Limits of names, in bytes. The grammars admit only ASCII, so they are limits in characters
// too.
const (
	MaxUserLen     = 64
	MaxClientIDLen = 64
	MaxChannelLen  = 2*MaxUserLen + 1
	groupIDLen     = 25
)

// directSeparator joins the two users of a direct channel. Names of users and groups cannot
// contain it. So no group can be mistaken for a direct channel, and no pair of users for
// another pair.
const directSeparator = "~"

// ValidUser reports whether user is a valid name: 1 to [MaxUserLen] characters of a–z, 0–9, '_'
// and '-'. There are two reasons for so few characters. A user is a NATS subject token, and
// NATS permissions say which client may act as which user. And people would confuse names that
// differ only in case.
func ValidUser(user string) bool {
	return len(user) >= 1 && len(user) <= MaxUserLen && all(user, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	})
}

// ValidClientID reports whether id is a valid client id: 1 to [MaxClientIDLen] printable ASCII
// characters without space.
func ValidClientID(id string) bool {
	return len(id) >= 1 && len(id) <= MaxClientIDLen && all(id, func(c byte) bool { return c > ' ' && c <= '~' })
}

// ValidChannel reports whether id has the form of a channel: direct, group, or a user's own. It
// does not tell whether the channel exists.
func ValidChannel(channel string) bool {
	if _, _, direct := DirectUsers(channel); direct {
		return true
	}
	if _, own := OwnerOf(channel); own {
		return true
	}
	return len(channel) == groupIDLen && channel[0] == 'g' && all(channel[1:], func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '2' && c <= '7'
	})
}

// DirectChannel returns the one channel of two users, whichever of them opens it: "alice~bob".
// Both may be the same user.
func DirectChannel(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + directSeparator + b
}

// DirectUsers returns the two users of a direct channel, in order. ok is false if id does not
// have the form that [DirectChannel] makes.
func DirectUsers(channel string) (a, b string, ok bool) {
	a, b, ok = strings.Cut(channel, directSeparator)
	return a, b, ok && ValidUser(a) && ValidUser(b) && a <= b
}

// OwnChannel returns the channel of a user's own settings, "~alice". The user is its only
// member.
func OwnChannel(user string) string { return directSeparator + user }

// OwnerOf returns the user whose own channel id is. ok is false if id is a channel of another
// kind.
func OwnerOf(channel string) (user string, ok bool) {
	user, ok = strings.CutPrefix(channel, directSeparator)
	return user, ok && ValidUser(user)
}

// Slots is the number of slots. Each channel belongs to one slot forever; each shard holds some
// slots.
const Slots = 256

// SlotOf returns the slot of a channel: FNV-1a32(channel) mod [Slots]. This is the function of
// NATS's own {{partition(256,1)}} subject mapping, so a service can compute it too.
func SlotOf(channel string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(channel)) // a hash never fails
	return int(h.Sum32() % Slots)
}

func invalidUser(member string) *Error {
	return Errorf(CodeInvalid, "%s: a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", member, MaxUserLen)
}

func invalidChannel() *Error { return Errorf(CodeInvalid, "channel: is not the id of a channel") }

func invalidClientID() *Error {
	return Errorf(CodeInvalid, "client_id: must be 1 to %d printable ASCII characters without spaces", MaxClientIDLen)
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}
