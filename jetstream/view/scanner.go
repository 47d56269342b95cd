package view

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// The parts of a message's record, as [wire.EncodeRecord] writes them.
const (
	partVersion = `{"kind":"message","version":`
	partAfter   = `,"after":`
	partID      = `,"id":"`
	partClient  = `","client_id":"`
	partSender  = `","sender":"`
	partSeq     = `","seq":`
	partTime    = `,"timestamp":`
	partContent = `,"content":`
	partText    = `{"text":"`
	partEnd     = `"}}`
)

// scanned is the record of a message of the usual form, in its parts. Strings are as they are in
// JSON, and have no escaped characters except in the content.
type scanned struct {
	version, after, seq, at uint64
	id, clientID, sender    string
	// content is the rest of the record. If it is only a text, it is that text and plain is set.
	content string
	plain   bool
}

// scan takes a record apart. Ok is false if the record has another form. Then it says nothing
// about whether the record can be read.
func scan(record []byte) (m scanned, ok bool) {
	if !bytes.HasPrefix(record, []byte(partVersion)) {
		return m, false
	}
	s := scanner{rest: string(record)}
	s.part(partVersion)
	m.version = s.number()
	if s.has(partAfter) {
		m.after = s.number()
		s.failIf(m.after == 0)
	}
	s.part(partID)
	m.id = s.text()
	if s.has(partClient) {
		m.clientID = s.text()
		s.failIf(m.clientID == "")
	}
	s.part(partSender)
	m.sender = s.text()
	s.part(partSeq)
	m.seq = s.number()
	s.part(partTime)
	m.at = s.number()
	s.part(partContent)
	m.content = s.rest
	if text, begins := strings.CutPrefix(m.content, partText); begins && strings.HasSuffix(text, partEnd) {
		m.content, m.plain = text[:len(text)-len(partEnd)], true
	}
	return m, !s.failed
}

// record returns the record as the JSON decoder would return it. Ok is false if it takes JSON to
// know that.
func (m *scanned) record() (r *wire.Record, ok bool) {
	if !m.plain || !literal(m.content) || !literal(m.id) || !literal(m.clientID) || !literal(m.sender) {
		return nil, false
	}
	return &wire.Record{
		Kind: wire.KindMessage, Version: m.version, After: m.after, ID: m.id, ClientID: m.clientID, Sender: m.sender,
		Seq: m.seq, Timestamp: int64(m.at), Content: &wire.Content{Text: m.content},
	}, true
}

// literal reports whether a string in JSON is the same as the text that it stands for.
func literal(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.ValidString(text)
}

// scanner reads JSON of a known form. It remembers whether anything had another form.
type scanner struct {
	rest   string
	failed bool
}

func (s *scanner) failIf(failed bool) { s.failed = s.failed || failed }

// part reads a part that must come next.
func (s *scanner) part(text string) { s.failIf(!s.has(text)) }

// has reads a part, if it comes next.
func (s *scanner) has(text string) bool {
	rest, found := strings.CutPrefix(s.rest, text)
	s.rest = rest
	return found
}

// number reads a number that is written in the only way in which strconv writes it.
func (s *scanner) number() (n uint64) {
	i := 0
	for ; i < len(s.rest) && s.rest[i]-'0' <= 9 && n <= channel.MaxNumber; i++ {
		n = 10*n + uint64(s.rest[i]-'0')
	}
	s.failIf(i == 0 || n > channel.MaxNumber || s.rest[0] == '0' && i > 1)
	s.rest = s.rest[i:]
	return n
}

// text reads up to the end of a string, and leaves the quote.
func (s *scanner) text() string {
	i := strings.IndexByte(s.rest, '"')
	if i < 0 || strings.IndexByte(s.rest[:i], '\\') >= 0 {
		s.failed = true
		return ""
	}
	text := s.rest[:i]
	s.rest = s.rest[i:]
	return text
}
