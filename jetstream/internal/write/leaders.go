package write

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// announceSubject returns the subject on which a node announces that it writes a shard.
func announceSubject(shard string) string { return "leads." + shard }

// Leaders are the nodes that lead the shards, and so write them, as they announce it. A node that
// has no replica of a shard has no other way to know. A node that has one learns of an election
// later from its replica than from the new leader. An entry may be out of date: a round that goes
// to the wrong node is refused and tried again.
type Leaders struct {
	self    string // this run of this node: a name that no other run has
	changed func(shard int)

	mu sync.Mutex // protects of
	of []string   // empty if no node has announced it yet
}

// NewLeaders returns the leaders of some shards, of which none is known yet. It calls changed
// when another node leads a shard.
func NewLeaders(self string, shards int, changed func(shard int)) *Leaders {
	return &Leaders{self: self, changed: changed, of: make([]string, shards)}
}

// Listen takes in the announcements of all nodes until the subscription ends.
func (l *Leaders) Listen(conn *nats.Conn) (*nats.Subscription, error) {
	return conn.Subscribe(announceSubject("*"), l.heard)
}

// elsewhere returns the other node that writes a shard, if one is known.
func (l *Leaders) elsewhere(shard int) (node string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	node = l.of[shard]
	return node, node != "" && node != l.self
}

// announce announces that this node writes a shard. A lost announcement does no harm, because
// it is repeated.
func (l *Leaders) announce(conn *nats.Conn, shard int) {
	_ = conn.Publish(announceSubject(strconv.Itoa(shard)), []byte(l.self))
}

// heard takes in an announcement.
func (l *Leaders) heard(msg *nats.Msg) {
	shard, err := strconv.Atoi(strings.TrimPrefix(msg.Subject, announceSubject("")))
	if err != nil || shard < 0 || shard >= len(l.of) || len(msg.Data) == 0 {
		return
	}
	node := string(msg.Data)
	l.mu.Lock()
	changed := l.of[shard] != node
	l.of[shard] = node
	l.mu.Unlock()
	if changed {
		l.changed(shard)
	}
}
