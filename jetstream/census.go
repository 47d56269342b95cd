package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	censusSubject = "remembers"
	// censusTime is how long a node waits for what the others say: they are there, or they are not.
	censusTime = 500 * time.Millisecond
	// doubtful is for how long streams that a node remembers are looked for before they are believed to be gone: a leader of the metadata that
	// was elected a moment ago may not have read all of it.
	doubtful = 5 * time.Second
	// tellEvery is how often the log says what a start waits for.
	tellEvery = 5 * time.Second
)

// MetaUnfinished is in the metadata of a stream that is being taken over from elsewhere, until all of the log is there and verified. No node
// opens a log whose first stream has it.
const MetaUnfinished = "natterjack_unfinished"

// said is what a node says of what its directory remembers.
type said struct {
	Node   string `json:"node"`
	Epoch  string `json:"epoch,omitzero"`
	Brings bool   `json:"brings,omitzero"` // it is about to bring a log of its own into the cluster
}

// census knows whether a log may be begun. All members of a cluster have to be there and remember nothing: a cluster that has lost its
// streams would otherwise begin a second history beside the first, and acknowledge it.
type census struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	engine Engine
	epoch  string // that this node remembers
	log    *slog.Logger
	sub    *nats.Subscription

	gone time.Time // since when something is missing that is remembered
	lost error     // what that is; whoever remembers it may have given up meanwhile
	told time.Time
}

// newCensus is nil where the node remembers nothing in general: then anybody may begin a log.
func newCensus(cfg *Config, js jetstream.JetStream) (*census, error) {
	if cfg.Memory == nil {
		return nil, nil //nolint:nilnil // its methods do
	}
	c := &census{conn: cfg.Conn, js: js, engine: cfg.Engine, epoch: cfg.Memory.Epoch(), log: cfg.Logger.With("component", "jetstream")}
	var err error
	c.sub, err = tell(cfg.Conn, said{Node: cfg.Engine.Name(), Epoch: c.epoch})
	return c, err
}

// tell answers whoever asks what this node remembers.
func tell(conn *nats.Conn, s said) (*nats.Subscription, error) {
	answer, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode what is remembered: %w", err)
	}
	sub, err := conn.Subscribe(censusSubject, func(m *nats.Msg) { _ = m.Respond(answer) }) // whoever did not hear it asks again
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", censusSubject, err)
	}
	return sub, nil
}

// Bring has the other members of a cluster wait for a log that this node is about to bring, until the subscription ends.
func Bring(conn *nats.Conn, node string) (*nats.Subscription, error) {
	return tell(conn, said{Node: node, Brings: true})
}

func (c *census) close() error {
	if c == nil {
		return nil
	}
	if err := c.sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // then it has ended already
		return err
	}
	return nil
}

// permit is nil where a stream that is not there may be made. It refuses for good where somebody remembers the log; any other error may
// pass.
func (c *census) permit(ctx context.Context, stream string) error {
	if c == nil {
		return nil
	}
	others, size := c.engine.Peers()
	if size == 0 {
		return c.alone(stream)
	}
	all, err := c.ask(ctx, size)
	if err == nil {
		err = c.judge(stream, all, others, size)
	}
	if err == nil && stream == StreamName(0) {
		err = c.first(ctx)
	}
	return c.tell(ctx, err)
}

func (c *census) alone(stream string) error {
	if c.epoch == "" {
		return nil
	}
	return pause.Final(fmt.Errorf("jetstream: refusing to begin a new log: stream %s is gone, and the data directory remembers the log %s. Restore the "+
		"streams from a backup, or delete all of the data directory to begin with nothing", stream, c.epoch))
}

// judge weighs what was said.
func (c *census) judge(stream string, all map[string]said, others []string, size int) error {
	for _, s := range all {
		if s.Epoch == "" {
			continue
		}
		if c.gone.IsZero() {
			c.gone = time.Now()
		}
		c.lost = fmt.Errorf("jetstream: refusing to begin a new log: the cluster has no stream %s, and the data directory of %s remembers the log %s. If that node was "+
			"alone before, stop all, give it back its old configuration, and take its log over with: natterjack grow. If the members that had the streams are lost, restore "+
			"the streams from a backup into empty data directories", stream, s.Node, s.Epoch)
		break
	}
	switch {
	case c.lost == nil:
	case time.Since(c.gone) > doubtful:
		return pause.Final(c.lost)
	default:
		return c.lost
	}
	for _, s := range all {
		if s.Brings {
			return fmt.Errorf("%s is about to bring its log into this cluster", s.Node)
		}
	}
	if len(all) >= size {
		return nil
	}
	heard := make([]string, 0, len(all))
	for node := range all {
		heard = append(heard, node)
	}
	slices.Sort(heard)
	missing := slices.DeleteFunc(slices.Clone(others), func(name string) bool { return all[name].Node != "" })
	return fmt.Errorf("a new log is begun only once all %d members of the cluster have said that they remember none: heard of %s; missing %s", size,
		strings.Join(heard, ", "), strings.Join(append(missing, unnamed(size-len(all)-len(missing))...), ", "))
}

func unnamed(n int) []string {
	if n <= 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of cluster.routes that never came", n)}
}

// first refuses to begin a log beside streams of another: of one that somebody has begun to bring, or that has lost its first.
func (c *census) first(ctx context.Context) error {
	names := c.js.StreamNames(ctx, jetstream.WithStreamListSubject("chat.>"))
	if name, ok := <-names.Name(); ok {
		return fmt.Errorf("stream %s is there, and %s, with which a log begins, is not. If the log of a node that was alone was being taken over, run natterjack grow "+
			"again; it goes on from here", name, StreamName(0))
	}
	return names.Err()
}

// unfinished is why a stream cannot be opened that is being taken over.
func (c *census) unfinished(ctx context.Context, stream string) error {
	err := fmt.Errorf("stream %s is being taken over. If natterjack grow does not run any more, run it again", stream)
	if c == nil {
		return err
	}
	return c.tell(ctx, err)
}

// ask asks all nodes what they remember, until as many have answered as there are, or for a moment.
func (c *census) ask(ctx context.Context, size int) (map[string]said, error) {
	all := map[string]said{c.engine.Name(): {Node: c.engine.Name(), Epoch: c.epoch}}
	sub, err := c.conn.SubscribeSync(c.conn.NewRespInbox())
	if err != nil {
		return nil, fmt.Errorf("ask what is remembered: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := c.conn.PublishRequest(censusSubject, sub.Subject, nil); err != nil {
		return nil, fmt.Errorf("ask what is remembered: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, censusTime)
	defer cancel()
	for len(all) < size {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return all, nil // those who have not answered are missing
		}
		var s said
		if json.Unmarshal(m.Data, &s) == nil && s.Node != "" {
			all[s.Node] = s
		}
	}
	return all, nil
}

// tell says in the log what is waited for, now and then, and returns it.
func (c *census) tell(ctx context.Context, what error) error {
	if what != nil && time.Since(c.told) >= tellEvery {
		c.told = time.Now()
		c.log.WarnContext(ctx, "the log cannot be opened yet", "reason", what)
	}
	return what
}
