package view

import "encoding/binary"

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

// names reads what appendNames wrote; nil where there are none.
func (p *parser) names() []string {
	n := p.length()
	if n == 0 {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = p.name()
	}
	return names
}

// length is that of a list, each part of which takes at least a byte.
func (p *parser) length() int {
	n := p.uvarint()
	if n > uint64(len(p.rest)) {
		p.fail()
		return 0
	}
	return int(n)
}
