package bridge

import (
	"natterjack/server/wire"
)

// outbound is a frame to be encoded.
type outbound interface{ Type() string }

// reply is a frame due to one session alone. It may be encoded already or not. Acks are encoded
// by the flush and not by the goroutine that answers, because that goroutine serves a shard.
type reply struct {
	frame  outbound
	raw    []byte
	behind int // how many of the waiting notices came before it
}

// replySize is the size assumed for a reply that is not encoded yet.
const replySize = 256

func (r *reply) size() int { return max(len(r.raw), replySize) }

// encode appends a frame. If the frame cannot be encoded, that is a fault of the server, and
// encode appends an error frame instead.
func (b *Bridge) encode(dst []byte, session string, f outbound) []byte {
	out, err := wire.Append(dst, f)
	if err == nil {
		return out
	}
	var ref uint64
	if r, ok := f.(interface{ Reference() uint64 }); ok {
		ref = r.Reference()
	}
	out, err = wire.Append(dst, b.fault(session, "encode "+f.Type(), err, ref))
	if err != nil { // an error frame of ours: constant text
		return append(dst, `{"type":"error","code":"internal","message":"","retryable":true}`...)
	}
	return out
}
