package view

import (
	"encoding/binary"
	"errors"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// errValue is the error for a stored value that this schema did not write. Only a fault of the
// disk or the program can cause it.
var errValue = errors.New("view: a stored value is damaged")

// Flags of a channel, as bits.
const (
	markArchived = 1 << iota
	markDeleted
	markPicture // a picture follows all else
)

func appendChannel(dst []byte, st *channel.State) []byte {
	dst = appendName(dst, string(st.Kind))
	dst = appendName(dst, st.Name)
	dst = appendName(dst, st.Topic)
	dst = appendName(dst, st.Creator)
	dst = binary.AppendVarint(dst, st.Created)
	dst = binary.AppendUvarint(dst, st.Origin)
	dst = binary.AppendVarint(dst, int64(st.SlowModeS))
	marks := byte(0)
	if st.Archived {
		marks |= markArchived
	}
	if st.Deleted {
		marks |= markDeleted
	}
	if st.Picture != (wire.Picture{}) {
		marks |= markPicture
	}
	dst = append(dst, marks)
	dst = appendNames(dst, st.Members)
	dst = appendName(dst, st.Roles)
	dst = binary.AppendUvarint(dst, uint64(len(st.Since)))
	for _, seq := range st.Since {
		dst = binary.AppendUvarint(dst, seq)
	}
	dst = appendNames(dst, st.Banned)
	dst = appendNames(dst, st.Removed)
	dst = appendNames(dst, st.Requested)
	dst = appendNames(dst, st.Asked)
	dst = appendInvites(dst, st.Invites)
	dst = appendNumbers(dst, st.Pins)
	dst = binary.AppendUvarint(dst, uint64(len(st.Spoke)))
	for _, s := range st.Spoke {
		dst = binary.AppendVarint(appendName(dst, s.User), s.At)
	}
	if marks&markPicture != 0 {
		dst = appendPicture(dst, &st.Picture)
	}
	return dst
}

// parseChannel fills in the fields that appendChannel wrote. All of its strings share one
// allocation.
func parseChannel(value []byte, st *channel.State) error {
	p := parser{rest: value, text: string(value)}
	st.Kind = wire.ChannelKind(p.name())
	st.Name = p.name()
	st.Topic = p.name()
	st.Creator = p.name()
	st.Created = p.varint()
	st.Origin = p.uvarint()
	st.SlowModeS = int(p.varint())
	marks := p.uvarint()
	if marks > markArchived|markDeleted|markPicture {
		p.fail()
	}
	st.Archived, st.Deleted = marks&markArchived != 0, marks&markDeleted != 0
	st.Members = p.names()
	st.Roles = p.name()
	for range p.length() {
		st.Since = append(st.Since, p.uvarint())
	}
	st.Banned = p.names()
	st.Removed = p.names()
	st.Requested = p.names()
	st.Asked = p.names()
	if len(st.Asked) != len(st.Requested) {
		p.fail()
	}
	st.Invites = p.invites()
	st.Pins = p.numbers()
	for range p.length() {
		st.Spoke = append(st.Spoke, channel.Spoke{User: p.name(), At: p.varint()})
	}
	if marks&markPicture != 0 {
		st.Picture = p.picture()
	}
	return p.end()
}

func appendNames(dst []byte, names []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(names)))
	for _, name := range names {
		dst = appendName(dst, name)
	}
	return dst
}

func appendInvites(dst []byte, invites []channel.Invite) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(invites)))
	for _, v := range invites {
		dst = binary.AppendVarint(appendName(dst, v.Hash), v.Expires)
		dst = binary.AppendVarint(dst, int64(v.Uses))
		approval := byte(0)
		if v.Approval {
			approval = 1
		}
		dst = binary.AppendVarint(append(dst, approval), v.Made)
		dst = binary.AppendUvarint(dst, v.Pos)
	}
	return dst
}

func (p *parser) invites() (invites []channel.Invite) {
	for range p.length() {
		v := channel.Invite{Invite: wire.Invite{Hash: p.name(), Expires: p.varint(), Uses: int(p.varint())}}
		approval := p.uvarint()
		if approval > 1 {
			p.fail()
		}
		v.Approval, v.Made, v.Pos = approval == 1, p.varint(), p.uvarint()
		invites = append(invites, v)
	}
	return invites
}

// appendNumbers appends ascending numbers, each as its distance from the one before.
func appendNumbers(dst []byte, numbers []uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(numbers)))
	before := uint64(0)
	for _, n := range numbers {
		dst = binary.AppendUvarint(dst, n-before)
		before = n
	}
	return dst
}

func (p *parser) numbers() (numbers []uint64) {
	n := uint64(0)
	for range p.length() {
		n += p.uvarint()
		numbers = append(numbers, n)
	}
	return numbers
}

// Codes of kinds. The common kind costs one byte instead of its name.
const (
	codeMessage = iota // the record of a message, as it came
	codeNamed
	codePacked // a message, see packed.go
)

// appendEvent appends the record of an event at a place in a channel.
func appendEvent(dst []byte, channel string, at place, kind wire.Kind, record []byte) []byte {
	if kind == wire.KindMessage {
		m, ok := scan(record)
		return appendMessage(dst, channel, at, record, &m, ok)
	}
	dst = appendName(append(dst, codeNamed), string(kind))
	return append(dst, record...)
}

// appendMessage appends the record of a message. If ok is true, m is the message that the record
// was scanned as.
func appendMessage(dst []byte, channel string, at place, record []byte, m *scanned, ok bool) []byte {
	if ok {
		if packed, ok := pack(append(dst, codePacked), channel, at.seq, m); ok {
			return packed
		}
	}
	return append(append(dst, codeMessage), record...)
}

// parseEvent reads the event of a channel from its key and value. The record points into value,
// or is put into scratch.
func parseEvent(scratch *[]byte, channel string, key, value []byte) (e Event, err error) {
	p, at := parser{rest: value}, placeOf(key)
	e.Pos, e.Channel = at.pos, channel
	switch p.uvarint() {
	case codeMessage:
		e.Kind = wire.KindMessage
	case codePacked:
		e.Kind = wire.KindMessage
		*scratch, p.err = unpack((*scratch)[:0], channel, at.seq, p.rest)
		p.rest = *scratch
	case codeNamed:
		if e.Kind = wire.Kind(p.name()); e.Kind == "" {
			p.fail()
		}
	default:
		p.fail()
	}
	e.Record = p.rest
	return e, p.err
}

// appendFound appends where the event with a client id is. A message is the first event of its
// seq, so its seq is enough.
func appendFound(dst []byte, kind wire.Kind, at place) []byte {
	dst = binary.AppendUvarint(dst, at.seq)
	if kind == wire.KindMessage {
		return dst
	}
	return binary.AppendUvarint(dst, at.pos)
}

// parseFound returns a place with pos 0 for a message.
func parseFound(value []byte) (at place, err error) {
	p := parser{rest: value}
	at.seq = p.uvarint()
	if len(p.rest) > 0 {
		at.pos = p.uvarint()
	}
	return at, p.end()
}

func appendNumber(dst []byte, n uint64) []byte { return binary.AppendUvarint(dst, n) }

func parseNumber(value []byte) (n uint64, err error) {
	p := parser{rest: value}
	n = p.uvarint()
	return n, p.end()
}
