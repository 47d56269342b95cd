package bridge

import (
	"natterjack/server/wire"
)

// outbound is a frame to be encoded.
type outbound interface{ Type() string }

// reply is a frame due to one session alone, encoded already or not: acks are encoded by the flush and not by whoever
// answers, for that is the goroutine that serves a shard.
type reply struct {
	frame  outbound
	raw    []byte
	behind int // that many of the notices that wait with it were there before it
}

// replySize is counted for a reply that is not encoded yet.
const replySize = 256

func (r *reply) size() int { return max(len(r.raw), replySize) }

// encode appends a frame. One that cannot be encoded is a fault of ours, and is answered as such.
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
