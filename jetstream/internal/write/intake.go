package write

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

const (
	// watchLeader is how often a node checks whether it leads a shard. It bounds how long other
	// nodes do not know of a new writer.
	watchLeader = 50 * time.Millisecond
	// announceEvery is how often a writer says again that it is the writer, for nodes that have
	// joined since.
	announceEvery = time.Second
)

// takeIn takes rounds of other nodes until ctx ends, and tells those nodes whenever this node
// leads the shard. It takes rounds even if this node does not lead. A round that comes by mistake
// is then refused at once. A round to a subject without a subscriber could be lost on the way,
// and its sender would wait.
func (in *intake) takeIn(ctx context.Context) {
	sub, err := in.conn.Subscribe(roundsSubject(in.shard, in.leaders.self), in.serve)
	if err != nil {
		in.log.ErrorContext(ctx, "this node cannot take rounds from other nodes", "shard", in.shard, "error", err)
		return
	}
	defer in.stop(sub)
	tick := time.NewTicker(watchLeader)
	defer tick.Stop()
	for led, said := false, (time.Time{}); ; {
		leads := in.lane.leads()
		if led && !leads {
			in.lane.interrupt()
		}
		if leads && (!led || time.Since(said) >= announceEvery) {
			in.leaders.announce(in.conn, in.shard)
			said = time.Now()
		}
		led = leads
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// intake takes rounds that other nodes send to this node's writer of a shard.
type intake struct {
	shard   int
	conn    *nats.Conn
	leaders *Leaders
	lane    *lane
	log     *slog.Logger
}

func (in *intake) stop(sub *nats.Subscription) {
	if err := sub.Drain(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		in.log.Warn("the intake of rounds could not be drained", "error", err)
	}
}

// serve queues a round in this node's lane. It responds when all commands of the round are
// answered.
func (in *intake) serve(msg *nats.Msg) {
	cmds := in.decode(msg.Data)
	if len(cmds) == 0 {
		return
	}
	answer := newRoundAnswer(len(cmds), func(body []byte) {
		if err := msg.Respond(body); err != nil {
			in.log.Warn("the answer to a relayed round could not be sent", "error", err)
		}
	})
	// The users who sent a command that this node cannot read. No later command of such a user
	// may overtake it.
	refused := map[string]bool{}
	for i, c := range cmds {
		if c.change == nil || refused[c.user] && c.inLine() {
			refused[c.user] = true
			answer.set(i, wire.Ack{}, unknown())
			continue
		}
		c.served = true
		c.done = func(ack wire.Ack, err error) { answer.set(i, ack, err) }
		in.lane.submit(c)
	}
}

func unknown() error {
	return wire.Errorf(wire.CodeUnavailable, "the shard's writer is of another version and does not know this command; nothing was stored, retry later").After(time.Second)
}

// decode reads a round. A command without a change stands for a command that this version does
// not know, from a newer or an older node. Each line is answered on its own. Only an unknown
// command also holds back the later commands of its user.
func (in *intake) decode(body []byte) (cmds []*Command) {
	wire.Split(body, func(line []byte) bool {
		c, err := decodeLine(line)
		if err != nil {
			c = &Command{user: lineUser(line)}
			in.log.Error("a command from another node is not known here; run the same version on all nodes", "error", err)
		}
		cmds = append(cmds, c)
		return true
	})
	return cmds
}

// lineUser returns the user who sent the command in a line.
func lineUser(line []byte) string {
	who, _, _ := bytes.Cut(line, []byte{' '})
	who, _, _ = bytes.Cut(who, []byte{'\t'})
	user, _, _ := strings.Cut(string(who), "/")
	return user
}

func decodeLine(line []byte) (*Command, error) {
	who, frame, _ := bytes.Cut(line, []byte{' '})
	who, rest, _ := bytes.Cut(who, []byte{'\t'})
	present, refusal, refused := bytes.Cut(rest, []byte{'\t'})
	user, made, _ := strings.Cut(string(who), "/")
	cmd, err := wire.DecodeCommand(frame)
	if err != nil {
		return nil, err
	}
	c := newCommand(user, made, cmd)
	if c == nil || !wire.ValidUser(user) || made != "" && !wire.ValidClientID(made) {
		return nil, wire.Errorf(wire.CodeUnsupported, "type: %s is not a command of a channel's log", cmd.Type())
	}
	if len(present) > 0 {
		c.present = strings.Split(string(present), ",")
	}
	if refused {
		c.refusal, err = parseRefusal(refusal)
	}
	return c, err
}

// roundAnswer gathers the answers of a round, which come from several goroutines. It sends them
// when all have arrived.
type roundAnswer struct {
	send func([]byte)

	mu    sync.Mutex // protects following
	lines [][]byte
	left  int
}

func newRoundAnswer(n int, send func([]byte)) *roundAnswer {
	return &roundAnswer{send: send, lines: make([][]byte, n), left: n}
}

func (a *roundAnswer) set(i int, ack wire.Ack, err error) {
	line := encodeAnswer(ack, err)
	a.mu.Lock()
	a.lines[i] = line
	a.left--
	last := a.left == 0
	a.mu.Unlock()
	if last {
		a.send(bytes.Join(a.lines, []byte{wire.Separator}))
	}
}

func encodeAnswer(ack wire.Ack, err error) []byte {
	if err == nil {
		if line, encErr := wire.Append(nil, ack); encErr == nil {
			return line
		}
	}
	line, _ := wire.Append(nil, wire.AsError(err, 0)) // a struct of strings and numbers always encodes
	return line
}
