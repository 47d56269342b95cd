package view

import "encoding/hex"

const (
	uuidLen  = 16
	uuidText = 36 // characters
	hexText  = 2 * uuidLen
	// Ids of 26 letters and digits of base 32 have 130 bits.
	base32Len  = 17
	base32Text = 26
)

// uuidGroups are where the groups of digits in the text of a UUID begin and end.
var uuidGroups = [...]struct{ from, to int }{{0, 8}, {9, 13}, {14, 18}, {19, 23}, {24, uuidText}}

// parseUUID reads a UUID of the one form that [appendUUID] writes.
func parseUUID(text string) (u [uuidLen]byte, ok bool) {
	if len(text) != uuidText {
		return u, false
	}
	out := u[:0]
	for i, group := range uuidGroups {
		if i > 0 && text[group.from-1] != '-' {
			return u, false
		}
		if out, ok = appendHex(out, text[group.from:group.to]); !ok {
			return u, false
		}
	}
	return u, true
}

func appendUUID(dst []byte, u [uuidLen]byte) []byte {
	for i, group := range uuidGroups {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[(group.from-i)/2:(group.to-i)/2])
	}
	return dst
}

// appendHex appends the bytes that an even number of lower-case hexadecimal digits encodes.
func appendHex(dst []byte, digits string) (out []byte, ok bool) {
	for i := 0; i+1 < len(digits); i += 2 {
		high, low := nibbles[digits[i]], nibbles[digits[i+1]]
		if high|low > 0xf {
			return dst, false
		}
		dst = append(dst, high<<4|low)
	}
	return dst, true
}

// nibbles are the values of hexadecimal digits. All other bytes have too large a value.
var nibbles = valuesOf("0123456789abcdef")

// base32 are the values of the letters and digits of base 32, as [crypto/rand.Text] uses them,
// in lower case.
var base32 = valuesOf(base32Letters)

const base32Letters = "abcdefghijklmnopqrstuvwxyz234567"

func valuesOf(digits string) (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i := range len(digits) {
		values[digits[i]] = byte(i)
	}
	return values
}

// appendBase32 appends the bytes that 26 digits of base 32 encode. The last byte has two bits.
func appendBase32(dst []byte, digits string) (out []byte, ok bool) {
	if len(digits) != base32Text {
		return dst, false
	}
	bits, held := uint(0), 0
	for i := range len(digits) {
		value := base32[digits[i]]
		if value == 0xff {
			return dst, false
		}
		bits, held = bits<<5|uint(value), held+5
		if held >= 8 {
			held -= 8
			dst = append(dst, byte(bits>>held))
		}
	}
	return append(dst, byte(bits<<(8-held))), true
}

func appendLetters(dst []byte, b [base32Len]byte) []byte {
	bits, held, next := uint(0), 0, 0
	for range base32Text {
		if held < 5 {
			bits, held, next = bits<<8|uint(b[next]), held+8, next+1
		}
		held -= 5
		dst = append(dst, base32Letters[bits>>held&31])
	}
	return dst
}
