package view

import (
	"crypto/sha256"
	"encoding/binary"

	"natterjack/server/wire"
)

// A key starts with a tag for its kind. A name in a key has its length in front, so that no
// name is the beginning of another and all keys under one name lie together. Numbers are
// big-endian, so that they sort.
//
//	p shard                             → position, and number of events in the stream up to it
//	s <user> name                       → one of the user's own settings
//	a <user> kind                       → how many of those there are of a kind
//	P <user>                            → the user's profile
//	S <user> id                         → where and how the user is told: secret
//	n <channel>                         → the channel's head: numbers, activity, flags
//	k <user> name                       → a setting that memory holds for every user, see known.go
//	c <channel>                         → the rest of a channel that is not plain; changes seldom
//	e <channel> seq pos                 → event: kind, record
//	i <channel> hash(sender, client id) → seq of the event, and pos unless it is a message
//	f <channel> seq                     → changed message: pos of the last change, folded record
//	d <channel> seq pos                 → edit of the message: the channel's seq at the edit
//	m <channel> <user> seq              → the message mentions the user, or if empty, everybody
//	y <channel> seq                     → the members whom @here mentions in the message
//	o <channel> <user>                  → seq of the user's own last message
//	j <media> <channel> seq             → the message has this uploaded file; for the seq 0, the
//	                                      channel has it as its picture
//	J <media> <channel>                 → the channel has it as its picture
//	b <channel> <media> seq             → the message has it: its sender
//	z <user> <media> <channel> seq      → the user's message has it: its size
//	B <channel>                         → bytes of the files in the channel, each file once
//	l <channel> kind seq                → the message has something for this gallery
//	D shard pos media                   → the event took this file from a message
//	u <user> shard channel              → membership: pos at which it began, seq then
//	w <user> shard <channel> pos        → ended membership, by the pos at which it began
//	g <channel> i hash                  → the group has an invite of this hash
//	g <channel> a user                  → the user has asked to join the group
//	h <user>                            → a user with many channels: when they last asked for them
//	v <projection>                      → the version in which it is stored
//	t shard                             → which events were dated ahead, see dates.go
//	x shard pos                         → erasure still owed, by the pos of its event
//	~ shard pos                         → the event there is void; for pos 0, the pos above which
//	                                      such events are noted
//
// Channels under c are groups, and direct channels with pins. About hidden messages, k stores only
// whether the user has ever hidden one.
//
// The seq in an event's key is the channel's seq after the event: the message's own seq, or the
// seq of the message before the event. Seq and pos only ascend in a channel, so one key serves
// to read by seq and by pos. A channel's last event key could serve as the channel's head too,
// but finding it means reading a block of texts. With a million channels that was most of the
// cost to apply a message. The heads by themselves are small enough to be in memory.
const (
	tagPosition = 'p'
	tagSetting  = 's'
	tagSettings = 'a'
	tagKnown    = 'k'
	tagProfile  = 'P'
	tagPush     = 'S'
	tagHead     = 'n'
	tagChannel  = 'c'
	tagEvent    = 'e'
	tagClient   = 'i'
	tagFolded   = 'f'
	tagEdit     = 'd'
	tagMention  = 'm'
	tagHere     = 'y'
	tagOwn      = 'o'

	tagReference = 'j'
	tagPicture   = 'J'
	tagHeld      = 'b'
	tagSent      = 'z'
	tagUsed      = 'B'
	tagGallery   = 'l'
	tagDropped   = 'D'

	tagMember  = 'u'
	tagFormer  = 'w'
	tagDoor    = 'g'
	tagHeavy   = 'h'
	tagDates   = 't'
	tagVersion = 'v'
	tagVoid    = '~'
	tagErasure = 'x' // tags 'q' and 'r' are in receipts_keys.go
)

// clientHashLen is the length of a client id's hash: 64 bits that no file compresses. In a channel
// of ten million messages two client ids have the same hash with a probability of 3 in a million.
// The second send is then refused as a conflict. A user who computes such a pair, at great expense,
// only has their own sends refused: the sender is part of the hash, and no user knows another
// user's next client id.
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

func appendEventKey(dst []byte, channel string, at place) []byte {
	dst = appendSeqKey(dst, channel, at.seq)
	return binary.BigEndian.AppendUint64(dst, at.pos)
}

// appendSeqKey appends a key that is not above the key of any event of that seq, and above the
// keys of all lower seqs.
func appendSeqKey(dst []byte, channel string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendNamed(dst, tagEvent, channel), seq)
}

func appendFoldedKey(dst []byte, channel string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendNamed(dst, tagFolded, channel), seq)
}

// keySeq returns the number at the end of a key, such as the seq of a folded message or of a
// mention.
func keySeq(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// appendEditKey appends the key of an edit. With pos 0 the key is not above the key of any edit
// of the message.
func appendEditKey(dst []byte, channel string, seq, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint64(appendNamed(dst, tagEdit, channel), seq)
	return binary.BigEndian.AppendUint64(dst, pos)
}

func appendMentionKey(dst []byte, channel, user string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendName(appendNamed(dst, tagMention, channel), user), seq)
}

func appendHereKey(dst []byte, channel string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendNamed(dst, tagHere, channel), seq)
}

func appendOwnKey(dst []byte, channel, user string) []byte {
	return appendName(appendNamed(dst, tagOwn, channel), user)
}

func appendReferenceKey(dst []byte, id string, t target) []byte {
	return binary.BigEndian.AppendUint64(appendName(appendNamed(dst, tagReference, id), t.channel), t.seq)
}

func appendPictureKey(dst []byte, id, channel string) []byte {
	return appendName(appendNamed(dst, tagPicture, id), channel)
}

func appendHeldKey(dst []byte, channel, id string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendName(appendNamed(dst, tagHeld, channel), id), seq)
}

func appendSentKey(dst []byte, user, id string, t target) []byte {
	dst = appendName(appendName(appendNamed(dst, tagSent, user), id), t.channel)
	return binary.BigEndian.AppendUint64(dst, t.seq)
}

// appendGalleryKey appends the key of a message in a gallery. No two kinds have the same first
// letter.
func appendGalleryKey(dst []byte, channel string, kind wire.GalleryKind, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(appendNamed(dst, tagGallery, channel), kind[0]), seq)
}

// appendDroppedKey appends the prefix of the files that an event took from messages.
func appendDroppedKey(dst []byte, shard int, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, tagDropped), uint16(shard))
	return binary.BigEndian.AppendUint64(dst, pos)
}

// placeOf returns the place at the end of an event's key.
func placeOf(key []byte) place {
	at := key[len(key)-placeLen:]
	return place{seq: binary.BigEndian.Uint64(at), pos: binary.BigEndian.Uint64(at[8:])}
}

func appendClientKey(dst []byte, channel, sender, clientID string) []byte {
	dst = appendNamed(dst, tagClient, channel)
	var scratch [160]byte
	sum := sha256.Sum256(append(appendName(scratch[:0], sender), clientID...))
	return append(dst, sum[:clientHashLen]...)
}

// appendMemberKey appends the key of a membership. With an empty channel it appends the prefix
// of all memberships of a user in a shard.
func appendMemberKey(dst []byte, user string, shard int, channel string) []byte {
	dst = binary.BigEndian.AppendUint16(appendNamed(dst, tagMember, user), uint16(shard))
	return append(dst, channel...)
}

// appendFormerKey appends the key of an ended membership. With pos 0 the key is not above the
// key of any ended membership of the user in the channel.
func appendFormerKey(dst []byte, user string, shard int, channel string, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(appendNamed(dst, tagFormer, user), uint16(shard))
	return binary.BigEndian.AppendUint64(appendName(dst, channel), pos)
}

// The two kinds of keys by which users who are not members may come in.
const (
	doorInvite = 'i'
	doorAsked  = 'a'
)

func appendDoorKey(dst []byte, channel string, kind byte, of string) []byte {
	return append(append(appendNamed(dst, tagDoor, channel), kind), of...)
}

func appendErasureKey(dst []byte, shard int, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, tagErasure), uint16(shard))
	return binary.BigEndian.AppendUint64(dst, pos)
}

// appendVoidKey appends the key of a void event. With pos 0, which no event has, it appends the key
// of the pos above which void events are noted.
func appendVoidKey(dst []byte, shard int, pos uint64) []byte {
	dst = binary.BigEndian.AppendUint16(append(dst, tagVoid), uint16(shard))
	return binary.BigEndian.AppendUint64(dst, pos)
}

// pastPrefix returns the first key that does not start with prefix. No prefix consists only of
// 0xff bytes, because each has a tag.
func pastPrefix(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; ; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
}

// appendSettingKey appends the key of a user's own setting. With an empty name it appends the
// prefix of all of the user's settings.
func appendSettingKey(dst []byte, user, name string) []byte {
	return append(appendNamed(dst, tagSetting, user), name...)
}

// appendPushKey appends the key of a user's subscription. With an empty id it appends the prefix of
// all of the user's subscriptions.
func appendPushKey(dst []byte, user, id string) []byte {
	return append(appendNamed(dst, tagPush, user), id...)
}

// appendSettingsKey appends the key of the number of a user's settings of a kind.
func appendSettingsKey(dst []byte, of userKind) []byte {
	return append(appendNamed(dst, tagSettings, of.user), of.kind...)
}
