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
	// censusTime is how long a node waits for the answers of other nodes. A node that has not
	// answered by then counts as missing.
	censusTime = 500 * time.Millisecond
	// doubtful is how long the node keeps looking for streams that it remembers, before it
	// takes them for gone. A leader of the metadata that was elected a moment ago may not have
	// read all of it.
	doubtful = 5 * time.Second
	// tellEvery is how often a warning says which members a start is waiting for.
	tellEvery = 5 * time.Second
)

// MetaUnfinished is a key in the metadata of a stream that is being taken over from elsewhere.
// It stays there until the whole log has arrived and is verified. No node opens a log whose
// first stream has this key.
const MetaUnfinished = "natterjack_unfinished"

// said names the log that a node's data directory remembers, for other nodes.
type said struct {
	Node   string `json:"node"`
	Epoch  string `json:"epoch,omitzero"`
	Brings bool   `json:"brings,omitzero"` // the node is about to bring a log of its own into the cluster
}

// census decides whether a new log may be begun. All members of a cluster must be present and
// must remember no log. Otherwise a cluster that has lost its streams would begin a second
// history beside the first, and acknowledge it.
type census struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	engine Engine
	epoch  string // the epoch that this node remembers
	log    *slog.Logger
	sub    *nats.Subscription

	gone time.Time // since when a remembered stream is missing
	// The error that names the missing stream. It stays even if the node that remembers the
	// stream has given up meanwhile.
	lost error
	told time.Time
}

// newCensus returns nil if the node has no memory in its configuration. Any node may then begin
// a log.
func newCensus(cfg *Config, js jetstream.JetStream) (*census, error) {
	if cfg.Memory == nil {
		return nil, nil //nolint:nilnil // its methods do
	}
	c := &census{conn: cfg.Conn, js: js, engine: cfg.Engine, epoch: cfg.Memory.Epoch(), log: cfg.Logger.With("component", "jetstream")}
	var err error
	c.sub, err = tell(cfg.Conn, said{Node: cfg.Engine.Name(), Epoch: c.epoch})
	return c, err
}

// tell answers every node that asks which log this node remembers.
func tell(conn *nats.Conn, s said) (*nats.Subscription, error) {
	answer, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode which log this node remembers: %w", err)
	}
	// A node that does not get the answer asks again.
	sub, err := conn.Subscribe(censusSubject, func(m *nats.Msg) { _ = m.Respond(answer) })
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", censusSubject, err)
	}
	return sub, nil
}

// Bring makes the other members of a cluster wait for a log that this node is about to bring.
// They wait until the subscription ends.
func Bring(conn *nats.Conn, node string) (*nats.Subscription, error) {
	return tell(conn, said{Node: node, Brings: true})
}

func (c *census) close() error {
	if c == nil {
		return nil
	}
	// The subscription has then ended already.
	if err := c.sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) {
		return err
	}
	return nil
}

// permit returns nil if a missing stream may be made. If a node remembers the log,
// permit refuses for good; in a cluster it does so only after [doubtful]. Any other error may
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

// judge decides from the answers of all nodes whether the log may be begun. It returns nil if
// so, and else the reason.
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

// first refuses to begin a log if streams of another log exist. That is a log that is being
// brought in, or one that has lost its first stream.
func (c *census) first(ctx context.Context) error {
	names := c.js.StreamNames(ctx, jetstream.WithStreamListSubject("chat.>"))
	if name, ok := <-names.Name(); ok {
		return fmt.Errorf("stream %s is there, and %s, with which a log begins, is not. If the log of a node that was alone was being taken over, run natterjack grow "+
			"again; it goes on from here", name, StreamName(0))
	}
	return names.Err()
}

// unfinished returns the error that says why a stream that is being taken over cannot be
// opened.
func (c *census) unfinished(ctx context.Context, stream string) error {
	err := fmt.Errorf("stream %s is being taken over. If natterjack grow does not run any more, run it again", stream)
	if c == nil {
		return err
	}
	return c.tell(ctx, err)
}

// ask asks all nodes which log they remember. It returns when all size nodes have answered, or
// after [censusTime].
func (c *census) ask(ctx context.Context, size int) (map[string]said, error) {
	all := map[string]said{c.engine.Name(): {Node: c.engine.Name(), Epoch: c.epoch}}
	sub, err := c.conn.SubscribeSync(c.conn.NewRespInbox())
	if err != nil {
		return nil, fmt.Errorf("ask the nodes which log they remember: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := c.conn.PublishRequest(censusSubject, sub.Subject, nil); err != nil {
		return nil, fmt.Errorf("ask the nodes which log they remember: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, censusTime)
	defer cancel()
	for len(all) < size {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return all, nil // the nodes that have not answered are missing
		}
		var s said
		if json.Unmarshal(m.Data, &s) == nil && s.Node != "" {
			all[s.Node] = s
		}
	}
	return all, nil
}

// tell logs an error that a start is waiting for to pass, at most once every [tellEvery], and
// returns it.
func (c *census) tell(ctx context.Context, what error) error {
	if what != nil && time.Since(c.told) >= tellEvery {
		c.told = time.Now()
		c.log.WarnContext(ctx, "the log cannot be opened yet", "reason", what)
	}
	return what
}
