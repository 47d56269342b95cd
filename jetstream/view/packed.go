package view

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"natterjack/jetstream/channel"
)

// A view holds mostly messages. So the record of a plain message is stored packed: without the
// names of its members, without the facts that the key and the channel's name tell, and with ids as
// the bytes that they encode. [pack] takes a record only if [unpack] gives back every byte of it.
// All other records are stored as they came.
//
// A packed record is a byte of forms, the version and after, the time, the id, the client id,
// the sender, and the content.

// The byte of forms says how the members are stored.
const (
	senderForms = 0b0000_0011
	idForms     = 0b0000_1100
	clientForms = 0b0111_0000
	plainText   = 0b1000_0000 // the content is only a text, without the JSON around it
)

const (
	senderNamed  = 0b00
	senderFirst  = 0b01 // of the users in the channel's name
	senderSecond = 0b10

	idAsText = 0b0000
	idBound  = 0b0100 // a UUID that ends in the channel's hash, near the message's time
	idUUID   = 0b1000 // a UUID near the message's time

	clientAsText = 0b000_0000
	clientUUID   = 0b001_0000
	clientTimed  = 0b010_0000 // a UUID near the message's time
	clientHex    = 0b011_0000 // 32 digits
	clientBase32 = 0b100_0000 // 26 digits
)

const (
	timeLen = 6 // bytes of Unix milliseconds, here and in a UUID
	// boundLen is how much of a bound UUID, after its time, does not follow from the channel.
	boundLen = 3
)

// pack appends the packed record of a message with a seq. If it cannot be packed, ok is false.
func pack(dst []byte, channel string, seq uint64, m *scanned) (packed []byte, ok bool) {
	if m.seq != seq || m.version < seq || m.at>>(8*timeLen) != 0 {
		return dst, false
	}
	forms := len(dst)
	dst = append(dst, 0)
	dst = appendOptional(dst, m.version-seq, m.after)
	dst = appendTime(dst, m.at)
	var id, client, sender, text byte
	dst, id = packID(dst, channel, m.at, m.id)
	dst, client = packClientID(dst, m.at, m.clientID)
	dst, sender = packSender(dst, channel, m.sender)
	if m.plain {
		text = plainText
	}
	dst[forms] = id | client | sender | text
	return append(dst, m.content...), true
}

// appendOptional appends two numbers, of which the second is mostly 0.
func appendOptional(dst []byte, n, optional uint64) []byte {
	if optional == 0 {
		return binary.AppendUvarint(dst, n<<1)
	}
	return binary.AppendUvarint(binary.AppendUvarint(dst, n<<1|1), optional)
}

func appendTime(dst []byte, at uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], at)
	return append(dst, b[8-timeLen:]...)
}

func timeIn(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(b))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}

func packID(dst []byte, in string, at uint64, id string) (packed []byte, form byte) {
	u, ok := parseUUID(id)
	near := ok && isNear(timeIn(u[:]), at)
	switch {
	case near && channel.Bind(u, in) == u:
		dst = binary.AppendVarint(dst, int64(timeIn(u[:])-at))
		return append(dst, u[timeLen:timeLen+boundLen]...), idBound
	case near:
		dst = binary.AppendVarint(dst, int64(timeIn(u[:])-at))
		return append(dst, u[timeLen:]...), idUUID
	default:
		return appendName(dst, id), idAsText
	}
}

// isNear reports whether a time takes fewer bytes as a distance from another time.
func isNear(t, at uint64) bool {
	const most = 1 << 26 // some hours, 4 bytes
	return t-at < most || at-t < most
}

func packClientID(dst []byte, at uint64, id string) (packed []byte, form byte) {
	u, ok := parseUUID(id)
	switch {
	case ok && isNear(timeIn(u[:]), at):
		dst = binary.AppendVarint(dst, int64(timeIn(u[:])-at))
		return append(dst, u[timeLen:]...), clientTimed
	case ok:
		return append(dst, u[:]...), clientUUID
	}
	if packed, ok = appendHex(dst, id); ok && len(id) == hexText {
		return packed, clientHex
	}
	if packed, ok = appendBase32(dst, id); ok {
		return packed, clientBase32
	}
	return appendName(dst, id), clientAsText
}

func packSender(dst []byte, channel, sender string) (packed []byte, form byte) {
	users := usersOf(channel)
	switch {
	case len(users) > 0 && sender == users[0]:
		return dst, senderFirst
	case len(users) > 1 && sender == users[1]:
		return dst, senderSecond
	default:
		return appendName(dst, sender), senderNamed
	}
}

// unpack appends the record of a message with a seq, from its packed form.
func unpack(dst []byte, channel string, seq uint64, packed []byte) ([]byte, error) {
	p := parser{rest: packed}
	forms := p.bytes(1)[0]
	version, after := p.optional()
	at := timeIn(p.bytes(timeLen))
	dst = strconv.AppendUint(append(dst, partVersion...), seq+version, 10)
	if after != 0 {
		dst = strconv.AppendUint(append(dst, partAfter...), after, 10)
	}
	dst = unpackID(append(dst, partID...), &p, forms&idForms, channel, at)
	without := len(dst)
	dst = append(dst, partClient...)
	if dst = unpackClientID(dst, &p, forms&clientForms, at); len(dst) == without+len(partClient) {
		dst = dst[:without]
	}
	dst = unpackSender(append(dst, partSender...), &p, forms&senderForms, channel)
	dst = strconv.AppendUint(append(dst, partSeq...), seq, 10)
	dst = strconv.AppendUint(append(dst, partTime...), at, 10)
	dst = append(dst, partContent...)
	if forms&plainText == 0 {
		return append(dst, p.rest...), p.err
	}
	return append(append(append(dst, partText...), p.rest...), partEnd...), p.err
}

// optional reads a value that appendOptional wrote.
func (p *parser) optional() (n, optional uint64) {
	n = p.uvarint()
	if n&1 != 0 {
		optional = p.uvarint()
	}
	return n >> 1, optional
}

func unpackID(dst []byte, p *parser, form byte, in string, at uint64) []byte {
	switch form {
	case idBound:
		return appendUUID(dst, channel.Bind(p.timed(at, boundLen), in))
	case idUUID:
		return appendUUID(dst, p.timed(at, uuidLen-timeLen))
	case idAsText:
		return append(dst, p.name()...)
	default:
		p.fail()
		return dst
	}
}

func unpackClientID(dst []byte, p *parser, form byte, at uint64) []byte {
	switch form {
	case clientTimed:
		return appendUUID(dst, p.timed(at, uuidLen-timeLen))
	case clientUUID:
		return appendUUID(dst, [uuidLen]byte(p.bytes(uuidLen)))
	case clientHex:
		return hex.AppendEncode(dst, p.bytes(uuidLen))
	case clientBase32:
		return appendLetters(dst, [base32Len]byte(p.bytes(base32Len)))
	case clientAsText:
		return append(dst, p.name()...)
	default:
		p.fail()
		return dst
	}
}

func unpackSender(dst []byte, p *parser, form byte, channel string) []byte {
	if form == senderNamed {
		return append(dst, p.name()...)
	}
	users := usersOf(channel)
	if int(form) > len(users) {
		p.fail()
		return dst
	}
	return append(dst, users[form-1]...)
}

// timed reads a UUID whose time is near another one, and of which size bytes behind the time
// are stored.
func (p *parser) timed(at uint64, size int) (u [uuidLen]byte) {
	copy(u[:], appendTime(nil, at+uint64(p.varint())))
	copy(u[timeLen:], p.bytes(size))
	return u
}
