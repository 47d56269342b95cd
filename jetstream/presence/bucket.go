package presence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/bucket"
	"natterjack/server/wire"
)

// Bucket is the name of the KV bucket.
const Bucket = "PRESENCE"

// keep is how long the bucket keeps what nobody writes again, and so for how long it is known when somebody was last seen. What still holds is
// written again in half that time.
const keep = 30 * 24 * time.Hour

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	return bucket.Open(ctx, js, jetstream.KeyValueConfig{
		Bucket:      Bucket,
		Description: "who is there: user.<user>.<node>, and lease.<node> while the node lives",
		Storage:     jetstream.MemoryStorage,
		Replicas:    replicas,
		TTL:         keep,
	})
}

// The two kinds of key. They are told apart by their first token, for a user may be called lease.
const (
	userKeys  = "user."
	leaseKeys = "lease."
)

func userKey(user, node string) string { return userKeys + user + "." + node }

func leaseKey(node string) string { return leaseKeys + node }

// subject is where the value of a key is published.
func subject(key string) string { return "$KV." + Bucket + "." + key }

// token makes the name of a node one token of a key: the host's name, which it is where nothing is configured, has dots.
func token(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			_, _ = fmt.Fprintf(&b, "=%02x", c)
		}
	}
	return b.String()
}

// entry is the value of a user's key.
type entry struct {
	State wire.PresenceState `json:"state"` // online, away or offline
	Since int64              `json:"since"` // Unix milliseconds
	Run   string             `json:"run"`   // of the node
}

// lease is the value of a node's key. When it was renewed is the time of its message.
type lease struct {
	Run    string  `json:"run"`
	Ended  bool    `json:"ended,omitzero"`  // the node has stopped in good order
	Former []ended `json:"former,omitzero"` // the runs before this one, the latest last
}

// ended is a run of a node that is over.
type ended struct {
	Run string `json:"run"`
	At  int64  `json:"at"` // Unix milliseconds: when the lease was last renewed
}

// maxFormer is how many former runs a lease remembers. Who was online in an older one was last seen when he came.
const maxFormer = 16

func encode(v any) ([]byte, error) { return json.Marshal(v) }

// decode reads leniently: newer nodes of a cluster may have written it.
func decode[T any](data []byte) (v T, err error) {
	err = json.Unmarshal(data, &v)
	return v, err
}
