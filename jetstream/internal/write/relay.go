package write

import (
	"context"
	"encoding/base64"
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
// a tab and their names follow, with commas between them. If it is to be refused, unless it is a
// retry, another tab and the error in base64 follow.
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
			r.log.WarnContext(ctx, "a relayed round was not answered", "shard", r.shard, "commands", len(round), "error", err)
		}
		for _, c := range round {
			c.tried = true
		}
		return round
	}
	return r.answerRound(round, msg.Data)
}

func encodeRound(round []*Command) ([]byte, error) {
	var body []byte
	for _, c := range round {
		body = append(body, c.user...)
		if c.unnamed {
			body = append(append(body, '/'), c.clientID...)
		}
		if len(c.present) > 0 || c.refusal != nil {
			body = append(append(body, '\t'), strings.Join(c.present, ",")...)
		}
		var err error
		if body, err = appendRefusal(body, c.refusal); err != nil {
			return nil, err
		}
		body = append(body, ' ')
		if body, err = wire.Append(body, c.change); err != nil {
			return nil, err
		}
		body = append(body, wire.Separator)
	}
	return body, nil
}

// appendRefusal appends the error with which a command is to be refused, or nothing.
func appendRefusal(body []byte, refusal *wire.Error) ([]byte, error) {
	if refusal == nil {
		return body, nil
	}
	frame, err := wire.Append(nil, refusal)
	return base64.RawURLEncoding.AppendEncode(append(body, '\t'), frame), err
}

// parseRefusal reads the text that appendRefusal wrote after the tab.
func parseRefusal(text []byte) (*wire.Error, error) {
	frame, err := base64.RawURLEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil, err
	}
	f, err := wire.DecodeFrame(frame)
	refusal, ok := f.(*wire.Error)
	if err == nil && !ok {
		err = errNoRefusal
	}
	return refusal, err
}

var errNoRefusal = errors.New("jetstream: a command was refused without an error")

// answerRound gives each command its line of the answer. It returns the commands that must be tried
// again. The answer is about this try only: the commands of an earlier one may still be with a node
// that was the writer then.
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
			switch {
			case a.Code == wire.CodeTimeout:
				c.tried = true
				rest = append(rest, c)
			case a.Code == wire.CodeUnavailable && a.RetryAfter == 0: // otherwise it is for the sender
				rest = append(rest, c)
			default:
				c.answer(wire.Ack{}, c.unstored(a))
			}
		default:
			c.tried = true
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
	for _, c := range round[i:] {
		c.tried = true
		rest = append(rest, c)
	}
	return rest
}
