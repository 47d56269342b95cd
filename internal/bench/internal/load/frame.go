package load

import (
	"encoding/binary"
	"strings"
)

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finBit  = 0x80
	maskBit = 0x80
)

// appendFrame appends a whole frame from a client. It is masked with the key zero, so that the
// payload stays unchanged.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, finBit|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, maskBit|byte(n))
	case n <= 0xFFFF:
		dst = append(dst, maskBit|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, maskBit|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, payload...)
}

// Text returns a text message from a client, as it is sent on the wire.
func Text(payload []byte) []byte { return appendFrame(nil, opText, payload) }

// numberDigits is the width of a [Template]'s number. It allows a hundred million messages of
// one sender.
const numberDigits = 8

// Template is a text message that is sent many times, each time with another number and another
// text. It is for one goroutine.
type Template struct {
	frame []byte
	seed  uint64 // of the texts
	at    int    // of the first digit of the number
	text  int    // where the text begins
}

// NewTemplate makes the message before + number + between + text + after. The texts are
// [TextBytes] of random words.
func NewTemplate(seed uint64, before, between, after string) *Template {
	payload := before + strings.Repeat("0", numberDigits) + between + strings.Repeat(" ", TextBytes) + after
	frame := Text([]byte(payload))
	text := len(frame) - len(after) - TextBytes
	return &Template{frame: frame, seed: seed << 32, at: text - len(between) - numberDigits, text: text}
}

// Frame returns the message with the number n, as it is sent on the wire. It is valid until the
// next call.
func (t *Template) Frame(n int) []byte {
	AppendWords(t.frame[t.text:t.text], t.seed+uint64(n), TextBytes)
	for i := t.at + numberDigits - 1; i >= t.at; i-- {
		t.frame[i] = byte('0' + n%10)
		n /= 10
	}
	return t.frame
}
