package jetstream

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// announceSubject returns the subject on which a node announces that it writes a shard.
func announceSubject(shard string) string { return "leads." + shard }

// writers is which node writes each shard, as the writers announce it. A node that has no
// replica of a shard has no other way to know. A node that has one learns of an election later
// from its replica than from the new leader. An entry may be out of date: a round that goes to
// the wrong node is refused and tried again.
type writers struct {
	self    string // this run of this node: a name that no other run has
	changed func(shard int)

	mu sync.Mutex // protects of
	of []string   // empty if no node has announced it yet
}

func newWriters(self string, shards int, changed func(shard int)) *writers {
	return &writers{self: self, changed: changed, of: make([]string, shards)}
}

// elsewhere returns the other node that writes a shard, if one is known.
func (w *writers) elsewhere(shard int) (node string, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	node = w.of[shard]
	return node, node != "" && node != w.self
}

// announce announces that this node writes a shard. A lost announcement does no harm, because
// it is repeated.
func (w *writers) announce(conn *nats.Conn, shard int) {
	_ = conn.Publish(announceSubject(strconv.Itoa(shard)), []byte(w.self))
}

// heard takes in an announcement.
func (w *writers) heard(msg *nats.Msg) {
	shard, err := strconv.Atoi(strings.TrimPrefix(msg.Subject, announceSubject("")))
	if err != nil || shard < 0 || shard >= len(w.of) || len(msg.Data) == 0 {
		return
	}
	node := string(msg.Data)
	w.mu.Lock()
	changed := w.of[shard] != node
	w.of[shard] = node
	w.mu.Unlock()
	if changed {
		w.changed(shard)
	}
}
