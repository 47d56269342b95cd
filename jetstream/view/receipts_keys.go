package view

import "encoding/binary"

// The keys of receipts:
//
//	q shard                  → position in the stream, size of the cursors, what to check
//	r shard <channel> user   → the user's cursor in the channel: read, delivered, the record
//
// The position under q is how far the stream of receipts is applied. The record under r is the one
// that the cursor comes from.
//
// A channel's cursors lie together. They are requested together, and change together when all
// members of a group read. A user's cursors do not lie together: a list of the user's channels
// reads only the cursors of one window, each beside seven other keys of the channel.
const (
	tagReceiptsPlace = 'q'
	tagReceipt       = 'r'
)

func appendReceiptsPlaceKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagReceiptsPlace), uint16(shard))
}

// appendReceiptsKey appends the prefix of all cursors of a shard.
func appendReceiptsKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagReceipt), uint16(shard))
}

// appendReceiptKey appends the key of a cursor. With an empty user it appends the prefix of all
// cursors of a channel.
func appendReceiptKey(dst []byte, shard int, channel, user string) []byte {
	return append(appendName(appendReceiptsKey(dst, shard), channel), user...)
}

func appendReceiptsPlace(dst []byte, p receiptsPlace) []byte {
	dst = binary.AppendUvarint(dst, p.position)
	dst = binary.AppendUvarint(dst, p.live)
	dst = binary.AppendUvarint(dst, p.check.Record)
	return binary.AppendUvarint(dst, p.check.Pos)
}

func parseReceiptsPlace(value []byte) (receiptsPlace, error) {
	p := parser{rest: value}
	at := receiptsPlace{position: p.uvarint(), live: p.uvarint()}
	at.check = ReceiptsCheck{Record: p.uvarint(), Pos: p.uvarint()}
	return at, p.end()
}

func appendReceipt(dst []byte, r *Receipt) []byte {
	dst = binary.AppendUvarint(dst, r.Read)
	dst = binary.AppendUvarint(dst, r.Delivered-r.Read)
	return binary.AppendUvarint(dst, r.At)
}

func parseReceipt(value []byte, r *Receipt) error {
	p := parser{rest: value}
	r.Read = p.uvarint()
	r.Delivered = r.Read + p.uvarint()
	r.At = p.uvarint()
	return p.end()
}
