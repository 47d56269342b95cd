package view

import "encoding/binary"

// The keys of receipts:
//
//	q shard                  → how far the stream of receipts is applied, what its cursors take, up to where they have to be checked
//	r shard <channel> user   → the user's cursor in the channel: read, delivered, the record that says so
//
// A channel's cursors lie together, for they are asked for together, and change together where all read in a group. A user's do not: his list
// of channels looks at those of a window alone, each beside seven other keys of the channel.
const (
	tagReceiptsPlace = 'q'
	tagReceipt       = 'r'
)

func appendReceiptsPlaceKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagReceiptsPlace), uint16(shard))
}

// appendReceiptsKey is the prefix of all cursors of a shard.
func appendReceiptsKey(dst []byte, shard int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, tagReceipt), uint16(shard))
}

// appendReceiptKey is the key of a cursor, or with an empty user the prefix of all those of a channel.
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
