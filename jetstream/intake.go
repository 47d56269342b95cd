package jetstream

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// watchLeader is how often a node looks whether it leads a shard. It bounds how long others find nobody at the writer's
// subject after a step-down; a round that comes too early is answered "not now" and tried again.
const watchLeader = 50 * time.Millisecond

// takeIn takes rounds of other nodes for a shard whenever this node leads it.
func (l *Log) takeIn(ctx context.Context, shard int) {
	in := &intake{lane: l.lanes[shard], log: l.log}
	tick := time.NewTicker(watchLeader)
	defer tick.Stop()
	defer in.stop()
	for {
		if in.lane.leads() {
			in.start(l.conn, shard)
		} else {
			in.stop()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// intake takes rounds that other nodes send to this node's writer of a shard, as long as this node leads it. All methods
// but serve are for one goroutine.
type intake struct {
	lane *lane
	log  *slog.Logger
	sub  *nats.Subscription // nil while another node leads
}

func (in *intake) start(conn *nats.Conn, shard int) {
	if in.sub != nil {
		return
	}
	// A queue group, so that of two nodes that both take themselves for the writer one gets the round.
	sub, err := conn.QueueSubscribe(writerSubject(shard), "writer", in.serve)
	if err != nil {
		in.log.Error("cannot take rounds of other nodes", "shard", shard, "error", err)
		return
	}
	in.sub = sub
}

func (in *intake) stop() {
	if in.sub == nil {
		return
	}
	if err := in.sub.Drain(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		in.log.Warn("intake not drained", "error", err)
	}
	in.sub = nil
}

// serve queues a round in this node's lane and responds once all of it is answered.
func (in *intake) serve(msg *nats.Msg) {
	cmds := in.decode(msg.Data)
	if len(cmds) == 0 {
		return
	}
	answer := newRoundAnswer(len(cmds), func(body []byte) {
		if err := msg.Respond(body); err != nil {
			in.log.Warn("answer to a forwarded round not sent", "error", err)
		}
	})
	for i, c := range cmds {
		c.served = true
		c.done = func(ack wire.Ack, err error) { answer.set(i, ack, err) }
		in.lane.submit(c)
	}
}

func (in *intake) decode(body []byte) (cmds []*command) {
	wire.Split(body, func(line []byte) bool {
		user, frame, _ := bytes.Cut(line, []byte{' '})
		cmd, err := wire.DecodeCommand(frame)
		if err != nil || !wire.ValidUser(string(user)) {
			in.log.Error("forwarded command does not parse; is every node of the same version?", "error", err)
			cmds = nil // answering only some would shift the others' lines
			return false
		}
		switch c := cmd.(type) {
		case wire.Send:
			cmds = append(cmds, newPost(string(user), &c))
		case wire.CreateGroup:
			cmds = append(cmds, newCreate(string(user), &c))
		}
		return true
	})
	return cmds
}

// roundAnswer gathers the answers of a round, which come from several goroutines, and sends them when all are there.
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
