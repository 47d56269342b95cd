package view

import (
	"encoding/binary"
	"errors"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// errValue is a stored value that this schema did not write. It cannot be without a fault of disk or program.
var errValue = errors.New("view: a stored value is damaged")

func appendChannel(dst []byte, st *channel.State) []byte {
	dst = appendName(dst, string(st.Kind))
	dst = appendName(dst, st.Name)
	dst = appendName(dst, st.Creator)
	dst = binary.AppendVarint(dst, st.Created)
	dst = binary.AppendUvarint(dst, uint64(len(st.Members)))
	for _, m := range st.Members {
		dst = appendName(dst, m)
	}
	return dst
}

// parseChannel fills in what appendChannel wrote. All its strings share one allocation.
func parseChannel(value []byte, st *channel.State) error {
	p := parser{rest: value, text: string(value)}
	st.Kind = wire.ChannelKind(p.name())
	st.Name = p.name()
	st.Creator = p.name()
	st.Created = p.varint()
	n := p.uvarint()
	if n > uint64(len(p.rest)) {
		return errValue
	}
	if n > 0 {
		st.Members = make([]string, n)
	}
	for i := range st.Members {
		st.Members[i] = p.name()
	}
	return p.end()
}

// Codes of kinds. The common one costs a byte instead of its name.
const (
	codeUnreadable = iota // nothing to deliver; it only moves the head
	codeMessage
	codeNamed
)

// appendEvent has the channel's activity after the event, so that the last event is the whole head.
func appendEvent(dst []byte, active int64, kind wire.Kind, record []byte) []byte {
	dst = binary.AppendVarint(dst, active)
	switch kind {
	case unreadable:
		return append(dst, codeUnreadable)
	case wire.KindMessage:
		dst = append(dst, codeMessage)
	default:
		dst = appendName(append(dst, codeNamed), string(kind))
	}
	return append(dst, record...)
}

// parseEvent reads the event of a channel from its key and value. Its record lies within value.
func parseEvent(ch string, key, value []byte) (e Event, err error) {
	p := parser{rest: value}
	p.varint()
	e.Pos, e.Channel = placeOf(key).pos, ch
	switch p.uvarint() {
	case codeUnreadable:
		return e, p.end()
	case codeMessage:
		e.Kind = wire.KindMessage
	case codeNamed:
		if e.Kind = wire.Kind(p.name()); e.Kind == unreadable {
			p.fail()
		}
	default:
		p.fail()
	}
	e.Record = p.rest
	return e, p.err
}

// parseHead reads the head of a channel from its last event.
func parseHead(key, value []byte) (h channel.Head, err error) {
	p := parser{rest: value}
	at := placeOf(key)
	h = channel.Head{Seq: at.seq, Pos: at.pos, Active: p.varint()}
	return h, p.err
}

func appendPlace(dst []byte, at place) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, at.seq), at.pos)
}

func parsePlace(value []byte) (at place, err error) {
	p := parser{rest: value}
	at = place{seq: p.uvarint(), pos: p.uvarint()}
	return at, p.end()
}

func appendNumber(dst []byte, n uint64) []byte { return binary.AppendUvarint(dst, n) }

func parseNumber(value []byte) (n uint64, err error) {
	p := parser{rest: value}
	n = p.uvarint()
	return n, p.end()
}

// parser reads a value from its front and remembers that something was wrong, so that its caller asks only once.
type parser struct {
	rest []byte
	text string // all of the value as a string, where names shall be cut from it
	err  error
}

func (p *parser) uvarint() uint64 {
	x, n := binary.Uvarint(p.rest)
	p.skip(n)
	return x
}

func (p *parser) varint() int64 {
	x, n := binary.Varint(p.rest)
	p.skip(n)
	return x
}

func (p *parser) name() string {
	size := p.uvarint()
	if size > uint64(len(p.rest)) {
		p.fail()
		return ""
	}
	name := p.rest[:size]
	p.rest = p.rest[size:]
	if p.text == "" {
		return string(name)
	}
	end := len(p.text) - len(p.rest)
	return p.text[end-len(name) : end]
}

func (p *parser) skip(n int) {
	if n <= 0 {
		p.fail()
		return
	}
	p.rest = p.rest[n:]
}

func (p *parser) fail() {
	p.rest, p.err = nil, errValue
}

// end is what was wrong, bytes left over included.
func (p *parser) end() error {
	if p.err == nil && len(p.rest) > 0 {
		p.fail()
	}
	return p.err
}
