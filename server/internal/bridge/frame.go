package bridge

import (
	"encoding/binary"
	"math"
)

// WebSocket framing as a server writes it (RFC 6455, section 5.2): FIN set, no RSV bit, no mask.
const (
	opText  = 0x1
	opClose = 0x8
	finBit  = 0x80
	opMask  = 0x0f
	maskBit = 0x80 // in the second byte of a client's frame

	len16 = 126 // the length follows in 2 bytes
	len64 = 127 // the length follows in 8 bytes

	maxHeader         = 10  // of a frame without a mask
	maxControlPayload = 125 // of a close, ping or pong frame
)

// appendHeader appends the header of a whole text message of n bytes.
func appendHeader(dst []byte, n int) []byte {
	switch {
	case n < len16:
		return append(dst, finBit|opText, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, finBit|opText, len16), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, finBit|opText, len64), uint64(n))
	}
}

// message returns the whole WebSocket message for one frame. Sessions share it for an event,
// see [jetstream.Entry.Memo].
func message(frame []byte) []byte {
	return append(appendHeader(make([]byte, 0, maxHeader+len(frame)), len(frame)), frame...)
}

// seal writes the header in front of a payload and returns the message: the part of buf that
// begins with its header. The first [maxHeader] bytes of buf must be free.
func seal(buf []byte) []byte {
	var header [maxHeader]byte
	h := appendHeader(header[:0], len(buf)-maxHeader)
	start := maxHeader - len(h)
	copy(buf[start:], h)
	return buf[start:]
}

// isControl reports whether p is exactly one control frame as a server writes it.
func isControl(p []byte) bool {
	return len(p) >= 2 && p[0] >= finBit|opClose && p[1] <= maxControlPayload && len(p) == 2+int(p[1])
}
