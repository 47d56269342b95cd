package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/server/wire"
)

// forwardTimeout bounds one attempt to use another node. The writer there has its own, shorter
// timeouts.
const forwardTimeout = 3 * time.Second

// roundsSubject returns the subject on which a node takes rounds of a shard from other nodes.
func roundsSubject(shard int, node string) string {
	return "writer." + strconv.Itoa(shard) + "." + node
}

// forwarder commits rounds on another node, with one NATS request for each round. The request
// has a line "<user> <command frame>" for each command. The answer has a line for each command,
// an ack or an error. If a command has no client id from its client, the user is followed by a
// slash and the client id that this node made for it.
type forwarder struct {
	shard   int
	conn    *nats.Conn
	writers *writers
	follow  *follower
	log     *slog.Logger
}

// commit implements [committer]. A command whose answer means "not now" stays in rest. The lane
// tries it again until the command's own time is up.
func (f *forwarder) commit(ctx context.Context, round []*command) []*command {
	to, known := f.writers.elsewhere(f.shard)
	if len(round) == 0 || !known {
		return round
	}
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	body, err := encodeRound(round)
	if err != nil {
		answerAll(round, func(*command) error { return err })
		return nil
	}
	msg, err := f.conn.RequestWithContext(ctx, roundsSubject(f.shard, to), body)
	crashpoint.Reach(crashpoint.Forwarded)
	if err != nil {
		if errors.Is(err, nats.ErrNoResponders) {
			return round
		}
		if !errors.Is(context.Cause(ctx), errElected) {
			f.log.WarnContext(ctx, "forwarded round without an answer", "shard", f.shard, "commands", len(round), "error", err)
		}
		markTried(round)
		return round
	}
	markTried(round)
	return f.answerRound(round, msg.Data)
}

func encodeRound(round []*command) ([]byte, error) {
	var body []byte
	for _, c := range round {
		body = append(body, c.user...)
		if c.unnamed {
			body = append(append(body, '/'), c.clientID...)
		}
		body = append(body, ' ')
		var err error
		if body, err = wire.Append(body, c.change); err != nil {
			return nil, err
		}
		body = append(body, wire.Separator)
	}
	return body, nil
}

// answerRound gives each command its line of the answer. It returns the commands that must be
// tried again.
func (f *forwarder) answerRound(round []*command, answer []byte) (rest []*command) {
	i, last := 0, uint64(0)
	var stored []func()
	wire.Split(answer, func(line []byte) bool {
		frame, _ := wire.DecodeFrame(line) // an answer that cannot be parsed counts as none
		c := round[i]
		switch a := frame.(type) {
		case wire.Ack:
			last = max(last, a.Pos)
			stored = append(stored, func() { c.answer(a, nil) })
		case *wire.Error:
			// With a RetryAfter, the answer is for the sender.
			if a.Code == wire.CodeTimeout || a.Code == wire.CodeUnavailable && a.RetryAfter == 0 {
				rest = append(rest, c)
			} else {
				c.answer(wire.Ack{}, a)
			}
		default:
			rest = append(rest, c)
		}
		i++
		return i < len(round)
	})
	f.follow.after(last, func() {
		for _, tell := range stored {
			tell()
		}
	})
	return append(rest, round[i:]...)
}

func markTried(round []*command) {
	for _, c := range round {
		c.tried = true
	}
}
