package view

import (
	"crypto/sha256"
	"encoding/binary"
)

// A key starts with a tag for its kind. Names in it carry their length before them, so that a name is never the
// beginning of another and all keys under one name lie together. Numbers are big-endian, so that they sort.
//
//	p shard                             → position, and how many events the stream has had up to it
//	s <user> name                       → one of the user's own settings
//	a <user>                            → how many of those there are
//	n <channel>                         → the channel's head: its numbers, its activity, and what there is beyond it
//	k <user> name                       → one of those settings that memory holds of everybody; of hidden messages, that there were any
//	c <channel>                         → what of a channel that is not plain changes seldom: of groups, and of direct channels with pins
//	e <channel> seq pos                 → event: kind, record
//	i <channel> hash(sender, client id) → seq and pos of the event
//	f <channel> seq                     → message that later events changed: pos of the last of them, folded record
//	d <channel> seq pos                 → edit of the message: the channel's seq at it
//	m <channel> <user> seq              → the message mentions the user, or with an empty one everybody
//	o <channel> <user>                  → seq of the user's own last message
//	u <user> shard channel              → membership: the pos at which it began, the channel's seq then
//	w <user> shard <channel> pos        → membership that is over, by the pos at which it began
//	h <user>                            → a user with many channels: when he last asked for them
//	v <projection>                      → the version in which it is stored
//	x shard pos                         → erasure that the stream still owes, by the pos of the event that asks for it
//
// An event's seq is its channel's after it: a message's own, or that of the message before. Both numbers only ever ascend in
// a channel, so one key serves to read by seq and by pos. The last of them would do for the channel's head too, but to find it is to read
// a block of texts: with a million channels that was most of what a message cost to apply. The heads for themselves are small enough
// to be in memory.
const (
	tagPosition = 'p'
	tagSetting  = 's'
	tagSettings = 'a'
	tagKnown    = 'k'
	tagHead     = 'n'
	tagChannel  = 'c'
	tagEvent    = 'e'
	tagClient   = 'i'
	tagFolded   = 'f'
	tagEdit     = 'd'
	tagMention  = 'm'
	tagOwn      = 'o'
	tagMember   = 'u'
	tagFormer   = 'w'
	tagHeavy    = 'h'
	tagVersion  = 'v'
	tagErasure  = 'x' // 'q' and 'r' are in receipts_keys.go
)

// clientHashLen is 64 bits of what no file compresses. A channel of ten million messages has two client ids that are taken for one
// with a probability of 3 in a million; a send is then refused as a conflict. Who makes such a pair, at great expense, refuses
// himself: the sender is a part of what is hashed, and nobody knows another's next id.
const clientHashLen = 8

func appendName(dst []byte, name string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(name)))
	return append(dst, name...)
}

func appendNamed(dst []byte, tag byte, name string) []byte {
	return appendName(append(dst, tag), name)
}

func appendPositionKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagPosition), uint16(shard))
}

// place is where an event lies in its channel.
type place struct{ seq, pos uint64 }

const placeLen = 16

func appendEventKey(dst []byte, ch string, at place) []byte {
	dst = appendSeqKey(dst, ch, at.seq)
	return binary.BigEndian.AppendUint64(dst, at.pos)
}

// appendSeqKey is not above the key of any event of that seq, and above those of all lower ones.
func appendSeqKey(dst []byte, ch string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendNamed(dst, tagEvent, ch), seq)
}

func appendFoldedKey(dst []byte, ch string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendNamed(dst, tagFolded, ch), seq)
}

// keySeq is what the key of a folded message or of a mention ends with.
func keySeq(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// appendEditKey is the key of an edit, or with pos 0 not above those of all edits of the message.
func appendEditKey(dst []byte, ch string, seq, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint64(appendNamed(dst, tagEdit, ch), seq)
	return binary.BigEndian.AppendUint64(dst, pos)
}

func appendMentionKey(dst []byte, ch, user string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendName(appendNamed(dst, tagMention, ch), user), seq)
}

func appendOwnKey(dst []byte, ch, user string) []byte {
	return appendName(appendNamed(dst, tagOwn, ch), user)
}

// placeOf is what the key of an event ends with.
func placeOf(key []byte) place {
	at := key[len(key)-placeLen:]
	return place{seq: binary.BigEndian.Uint64(at), pos: binary.BigEndian.Uint64(at[8:])}
}

func appendClientKey(dst []byte, ch, sender, clientID string) []byte {
	dst = appendNamed(dst, tagClient, ch)
	var scratch [160]byte
	sum := sha256.Sum256(append(appendName(scratch[:0], sender), clientID...))
	return append(dst, sum[:clientHashLen]...)
}

// appendMemberKey is the key of a membership, or with an empty channel the prefix of all those of a user in a shard.
func appendMemberKey(dst []byte, user string, shard int, ch string) []byte {
	dst = binary.BigEndian.AppendUint16(appendNamed(dst, tagMember, user), uint16(shard))
	return append(dst, ch...)
}

// appendFormerKey is the key of a membership that is over, or with pos 0 not above all those of the user in the channel.
func appendFormerKey(dst []byte, user string, shard int, ch string, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(appendNamed(dst, tagFormer, user), uint16(shard))
	return binary.BigEndian.AppendUint64(appendName(dst, ch), pos)
}

func appendErasureKey(dst []byte, shard int, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, tagErasure), uint16(shard))
	return binary.BigEndian.AppendUint64(dst, pos)
}

// pastPrefix is the first key that does not start with prefix. No prefix ends in 0xff throughout, for none is without a tag.
func pastPrefix(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}

// appendSettingKey is the key of a user's own setting, or with an empty name the prefix of all of them.
func appendSettingKey(dst []byte, user, name string) []byte {
	return append(appendNamed(dst, tagSetting, user), name...)
}
