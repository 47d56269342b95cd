package index

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	bleve "github.com/blevesearch/bleve_index_api"

	"natterjack/search/text"
)

// Message is the part of a message that is searched.
type Message struct {
	Channel string
	Seq     uint64
	Sender  string
	At      time.Time
	Fields  []string // its text, and the names and descriptions of its files
	Marks   []string // image, file, link; also reaction, pinned and @user, which the source has the last word on
}

// The fields of a document. Terms are all that Bleve keeps, but for the time.
const (
	fieldText    = "t"
	fieldChannel = "c"
	fieldSender  = "u"
	fieldMark    = "h"
	fieldTime    = "k"
)

// hashBytes is how much of a channel's hash is in the names of its documents. Channels' names
// are long, and Bleve keeps the name of each document twice.
const hashBytes = 8

// channelHash returns the beginning of the names of a channel's documents.
func channelHash(channel string) []byte {
	sum := sha256.Sum256([]byte(channel))
	return sum[:hashBytes]
}

// hashOf returns the hash of a channel as a number.
func hashOf(channel string) uint64 { return binary.BigEndian.Uint64(channelHash(channel)) }

// hashIn returns the hash of the channel in the name of a document.
func hashIn(name []byte) (uint64, error) {
	if len(name) < hashBytes {
		return 0, fmt.Errorf("a document's name has %d bytes, and no channel: %w", len(name), ErrDamaged)
	}
	return binary.BigEndian.Uint64(name), nil
}

// id returns the name of a message's document.
func id(channel string, seq uint64) string {
	name := binary.BigEndian.AppendUint64(channelHash(channel), seq)
	zeros := hashBytes
	for zeros < len(name) && name[zeros] == 0 {
		zeros++
	}
	return string(slices.Delete(name, hashBytes, zeros))
}

// seqOf returns the seq in the name of a document.
func seqOf(id []byte) (seq uint64) {
	for _, b := range id[min(hashBytes, len(id)):] {
		seq = seq<<8 | uint64(b)
	}
	return seq
}

// timeBytes is the length of the term of a time, with 7 bits a byte: Bleve separates values by
// 0xff.
const timeBytes = 7

// timeTerm returns the term of a time in milliseconds.
func timeTerm(millis int64) string {
	var term [timeBytes]byte
	for i := range term {
		term[i] = byte(millis>>(7*(timeBytes-1-i))) & 0x7f
	}
	return string(term[:])
}

// parseTime returns the time that timeTerm was given.
func parseTime(term []byte) (millis int64) {
	for _, b := range term {
		millis = millis<<7 | int64(b)
	}
	return millis
}

// millisOf returns a time in milliseconds, as far as an index can tell times apart.
func millisOf(at time.Time) int64 { return min(max(at.UnixMilli(), 0), 1<<(7*timeBytes)-1) }

// document returns the document that Bleve indexes.
func (m *Message) document() *document.Document {
	d := document.NewDocument(id(m.Channel, m.Seq))
	d.AddField(textField(m.Fields))
	d.AddField(termsField(fieldChannel, m.Channel))
	d.AddField(termsField(fieldSender, m.Sender))
	if len(m.Marks) > 0 {
		d.AddField(termsField(fieldMark, m.Marks...))
	}
	d.AddField(&field{
		name: fieldTime, options: bleve.IndexField | bleve.DocValues,
		terms: bleve.TokenFrequencies{timeTerm(millisOf(m.At)): once},
	})
	return d
}

// textField returns the field with the tokens of texts.
func textField(texts []string) *field {
	f := termsField(fieldText)
	for _, t := range texts {
		for token := range text.Fold(t).Tokens() {
			f.add(token.Key())
		}
	}
	return f
}
