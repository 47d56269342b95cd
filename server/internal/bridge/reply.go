package bridge

import (
	"natterjack/server/wire"
)

// outbound is a frame to be encoded.
type outbound interface{ Type() string }

// reply is a frame due to one session alone. Acks are encoded by the flush and not by the
// goroutine that answers, because that goroutine serves a shard. All other replies are encoded at
// once, because the bytes that wait to be written are counted.
type reply struct {
	frame  outbound
	raw    []byte // the encoded frame, if it is encoded already
	held   int    // the bytes of its user that it holds until it is written, see owed
	bytes  int    // its size in the queue
	behind int    // how many of the waiting notices came before it
}

// replySize is the size assumed for a reply that is not encoded yet.
const replySize = 256

func (r *reply) size() int { return max(len(r.raw), replySize) }

// encoded returns a reply with its frame encoded. A reply for which bytes are reserved holds as
// many as it has.
func (b *Bridge) encoded(session, user string, r reply) reply {
	r.raw = b.encode(nil, session, r.frame)
	if r.held > 0 {
		b.owed.settle(user, r.held, len(r.raw))
		r.held = len(r.raw)
	}
	return r
}

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
