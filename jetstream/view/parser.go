package view

import "encoding/binary"

// parser reads a value from the front. It remembers the first error, so that its caller checks
// only once.
type parser struct {
	rest []byte
	text string // the whole value as a string, if names are cut from it
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

// bytes returns the next n bytes. If there are fewer, it fails and returns zeros.
func (p *parser) bytes(n int) []byte {
	if n > len(p.rest) {
		p.fail()
		return make([]byte, n)
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
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

// end returns the first error, or an error if bytes are left over.
func (p *parser) end() error {
	if p.err == nil && len(p.rest) > 0 {
		p.fail()
	}
	return p.err
}

// names reads the names that appendNames wrote, or returns nil if there are none.
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

// length reads the length of a list. Each element of the list takes at least a byte.
func (p *parser) length() int {
	n := p.uvarint()
	if n > uint64(len(p.rest)) {
		p.fail()
		return 0
	}
	return int(n)
}
