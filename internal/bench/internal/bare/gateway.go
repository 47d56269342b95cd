package bare

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

const (
	// keptQueued is how many messages may wait for a stream. A full queue stalls the readers of
	// sockets.
	keptQueued = 4096
	// batchFrom is how many messages make a batch worth its fixed cost. Fewer are published
	// singly.
	batchFrom = 16
	batchMost = 1000 // the engine's own limit
)

// gateway stores the messages of a relay in an engine's streams before they are passed on. That
// is the promise of our server, without anything else of it. The gateway commits in groups
// without a timer: while one group is committed, the next one gathers.
type gateway struct {
	conn    *nats.Conn
	keepers []*keeper // one for each stream
}

// kept is a message that is passed on once it is stored.
type kept struct {
	from *member
	in   *room
	data []byte
}

// keeper writes one stream. All fields except its channels belong to the goroutine of run.
type keeper struct {
	conn  *nats.Conn
	id    string // prefix of the ids of its batches
	queue chan kept
	acks  chan *nats.Msg

	inbox    string
	waiting  []kept
	inFlight map[int][]kept // by number of the publish
	last     int            // number of the last publish
	batching bool           // whether the messages in flight are one batch
}

// openGateway connects to an engine whose streams exist.
func openGateway(url string) (*gateway, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, fmt.Errorf("connect to the engine: %w", err)
	}
	g := &gateway{conn: conn, keepers: make([]*keeper, Streams)}
	for i := range g.keepers {
		g.keepers[i] = &keeper{
			conn: conn, id: nats.NewInbox()[len("_INBOX."):] + "-" + strconv.Itoa(i),
			queue: make(chan kept, keptQueued), acks: make(chan *nats.Msg, keptQueued),
			inbox: nats.NewInbox() + ".", inFlight: make(map[int][]kept),
		}
	}
	return g, nil
}

// keep hands a message to the stream of its room. It waits if the stream has too many waiting
// messages.
func (g *gateway) keep(k kept) {
	select {
	case g.keepers[k.in.stream].queue <- k:
	case <-k.from.gone:
	}
}

// run stores messages until ctx ends or a message is refused.
func (g *gateway) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, k := range g.keepers {
		sub, err := g.conn.ChanSubscribe(k.inbox+"*", k.acks)
		if err != nil {
			return err
		}
		defer func() { _ = sub.Unsubscribe() }() // nothing is published after this
		group.Go(func() error { return k.run(ctx) })
	}
	return group.Wait()
}

func (k *keeper) run(ctx context.Context) error {
	for {
		select {
		case m := <-k.queue:
			k.waiting = append(k.waiting, m)
		case ack := <-k.acks:
			if err := k.stored(ack); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
		k.gather()
		if err := k.publish(); err != nil {
			return err
		}
	}
}

// gather takes the other messages that wait, at most as many as a batch holds.
func (k *keeper) gather() {
	for len(k.waiting) < batchMost {
		select {
		case m := <-k.queue:
			k.waiting = append(k.waiting, m)
		default:
			return
		}
	}
}

// publish sends the messages that may be sent: singly if few wait, and as a batch of its own if
// many do.
func (k *keeper) publish() error {
	if len(k.waiting) >= batchFrom {
		if len(k.inFlight) > 0 {
			return nil
		}
		return k.publishBatch()
	}
	for !k.batching && len(k.waiting) > 0 && len(k.inFlight) < batchFrom {
		m := k.waiting[0]
		k.waiting = k.waiting[1:]
		k.last++
		k.inFlight[k.last] = []kept{m}
		if err := k.conn.PublishRequest(m.in.subject, k.inbox+strconv.Itoa(k.last), m.data); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) publishBatch() error {
	n := min(len(k.waiting), batchMost)
	all := k.waiting[:n:n]
	k.waiting = append([]kept(nil), k.waiting[n:]...)
	k.last++
	k.inFlight[k.last], k.batching = all, true
	b := NewBatch(k.conn, k.id+"-"+strconv.Itoa(k.last))
	for _, m := range all[:n-1] {
		if err := b.Add(m.in.subject, m.data); err != nil {
			return err
		}
	}
	return b.send(all[n-1].in.subject, all[n-1].data, k.inbox+strconv.Itoa(k.last))
}

// stored passes on the messages that an ack confirms.
func (k *keeper) stored(ack *nats.Msg) error {
	number, err := strconv.Atoi(strings.TrimPrefix(ack.Subject, k.inbox))
	if err != nil {
		return err
	}
	all := k.inFlight[number]
	size := len(all)
	if !k.batching {
		size = 0
	}
	if err := storedIn(ack.Data, size); err != nil {
		return err
	}
	delete(k.inFlight, number)
	k.batching = false
	for _, m := range all {
		m.in.pass(m.from, m.data, true)
	}
	return nil
}

// streamOf returns the stream of a room, and its subject there.
func streamOf(name string) (stream int, subject string) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	stream = int(h.Sum32() % uint32(Streams))
	return stream, fmt.Sprintf("bare.%d.%s", stream, name)
}
