package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// The last seven bytes of an event's id say which channel the event belongs to. JetStream itself
// can put a copy of a record under the subject of another channel, because an operator may name any
// subject for the messages of a consumer. Such a copy does not count. 56 bits are too many to
// search for another channel that has the same.
const (
	boundFrom = 9 // the first of these bytes in a UUID
	boundAs   = 8 // the version of a UUID whose content is its maker's own (RFC 9562)
)

var errElsewhere = errors.New("its id belongs to another channel")

// Bind makes a UUID of version 7 an id for events of a channel. Its time stays, so that later
// ids sort later.
func Bind(id [16]byte, channel string) [16]byte {
	sum := sha256.Sum256([]byte(channel))
	copy(id[boundFrom:], sum[:])
	id[6] = boundAs<<4 | id[6]&0x0f
	return id
}

// Bound returns an error if an event with this id belongs to another channel. Ids of other UUID
// versions, which earlier servers gave, belong to no channel.
func Bound(id, channel string) error {
	const version, first, second, length = 14, 21, 24, 36 // places in the text of a UUID
	if len(id) != length || id[version] != '0'+boundAs {
		return nil
	}
	sum := sha256.Sum256([]byte(channel))
	var text [2 * (16 - boundFrom)]byte
	hex.Encode(text[:], sum[:16-boundFrom])
	if id[first:first+2] != string(text[:2]) || id[second:] != string(text[2:]) {
		return errElsewhere
	}
	return nil
}
