package write

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/jetstream/internal/crashpoint"
	"natterjack/server/wire"
)

// relayTimeout bounds one attempt to use another node. The writer there has its own, shorter
// timeouts.
const relayTimeout = 3 * time.Second

// roundsSubject returns the subject on which a node takes rounds of a shard from other nodes.
func roundsSubject(shard int, node string) string {
	return "writer." + strconv.Itoa(shard) + "." + node
}

// relay commits rounds on another node, with one NATS request for each round. The request
// has a line "<user> <command frame>" for each command. The answer has a line for each command,
// an ack or an error. If a command has no client id from its client, the user is followed by a
// slash and the client id that this node made for it. If it mentions members who were connected,
// a tab and their names follow, with commas between them.
type relay struct {
	shard   int
	conn    *nats.Conn
	leaders *Leaders
	follow  Follower
	log     *slog.Logger
}

// commit implements [committer]. A command whose answer means "not now" stays in rest. The lane
// tries it again until the command's own time is up.
func (r *relay) commit(ctx context.Context, round []*Command) []*Command {
	to, known := r.leaders.elsewhere(r.shard)
	if len(round) == 0 || !known {
		return round
	}
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	body, err := encodeRound(round)
	if err != nil {
		answerAll(round, func(*Command) error { return err })
		return nil
	}
	msg, err := r.conn.RequestWithContext(ctx, roundsSubject(r.shard, to), body)
	crashpoint.Reach(crashpoint.Forwarded)
	if err != nil {
		if errors.Is(err, nats.ErrNoResponders) {
			return round
		}
		if !errors.Is(context.Cause(ctx), errElected) {
			r.log.WarnContext(ctx, "relayed round without an answer", "shard", r.shard, "commands", len(round), "error", err)
		}
		markTried(round)
		return round
	}
	markTried(round)
	return r.answerRound(round, msg.Data)
}

func encodeRound(round []*Command) ([]byte, error) {
	var body []byte
	for _, c := range round {
		body = append(body, c.user...)
		if c.unnamed {
			body = append(append(body, '/'), c.clientID...)
		}
		if len(c.present) > 0 {
			body = append(append(body, '\t'), strings.Join(c.present, ",")...)
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
func (r *relay) answerRound(round []*Command, answer []byte) (rest []*Command) {
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
	r.follow.After(last, func() {
		for _, tell := range stored {
			tell()
		}
	})
	return append(rest, round[i:]...)
}

func markTried(round []*Command) {
	for _, c := range round {
		c.tried = true
	}
}
