package node

import (
	"strings"
	"testing"
	"time"
)

// TestNode_removes shows that a node with media storage has the streams and the workers by which
// files are removed, and that an operator can look at them.
func TestNode_removes(t *testing.T) {
	cfg := load(t)
	a, _ := start(t, cfg)
	conn, _ := connect(t, a, cfg.Data, "operator")
	deadline := time.Now().Add(patience)
	for _, what := range []string{"STREAM.INFO.DUTIES", "STREAM.INFO.DEAD", "CONSUMER.INFO.QUEUE_REMOVAL.workers"} {
		for {
			reply, err := conn.Request("$JS.API."+what, nil, patience)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(reply.Data), `"error"`) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s", what, reply.Data)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
}
