package load

import "encoding/binary"

// Opcodes of RFC 6455, section 5.2.
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

// appendFrame appends a whole frame from a client, masked with the key zero, so that the payload stays as it is.
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

// Text is a text message from a client, as it goes on the wire.
func Text(payload []byte) []byte { return appendFrame(nil, opText, payload) }

// numberDigits is the width of a [Template]'s number: a hundred million messages of one sender.
const numberDigits = 8

// Template is a text message that is sent many times with another number in it. It is for one goroutine.
type Template struct {
	frame []byte
	at    int // of the number's first digit
}

// NewTemplate makes the message before + number + after.
func NewTemplate(before, after string) *Template {
	payload := before + "00000000" + after
	frame := Text([]byte(payload))
	return &Template{frame: frame, at: len(frame) - len(after) - numberDigits}
}

// Frame is the message with the number n, on the wire. It is valid until the next call.
func (t *Template) Frame(n int) []byte {
	for i := t.at + numberDigits - 1; i >= t.at; i-- {
		t.frame[i] = byte('0' + n%10)
		n /= 10
	}
	return t.frame
}
