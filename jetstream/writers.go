package jetstream

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// announceSubject is where a node says that it writes a shard.
func announceSubject(shard string) string { return "leads." + shard }

// writers is which node writes each shard, as the writers themselves say. A node that has no replica of a shard could not know
// otherwise, and one that has learns of an election later from its replica than from whoever was elected. It may be out of
// date: a round that goes to the wrong node is refused and tried again.
type writers struct {
	self    string // this run of this node: a name that nobody had before
	changed func(shard int)

	mu sync.Mutex // protects following
	of []string   // empty where nobody has said so yet
}

func newWriters(self string, shards int, changed func(shard int)) *writers {
	return &writers{self: self, changed: changed, of: make([]string, shards)}
}

// elsewhere is the other node that writes a shard, where one is known.
func (w *writers) elsewhere(shard int) (node string, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	node = w.of[shard]
	return node, node != "" && node != w.self
}

// announce says that this node writes a shard. That it may not be heard does no harm: it is said again.
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
