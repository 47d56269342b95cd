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

// keep is how long the bucket keeps an entry that is not written again, and so how long
// last-seen times are known. Entries that are still valid are written again after half that
// time.
const keep = 30 * 24 * time.Hour

func openBucket(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	return bucket.Open(ctx, js, jetstream.KeyValueConfig{
		Bucket:      Bucket,
		Description: "users who are online: user.<user>.<node>, and lease.<node> while the node lives",
		Storage:     jetstream.MemoryStorage,
		Replicas:    replicas,
		TTL:         keep,
	})
}

// The two kinds of keys. They differ in their first token, because a user may have the name
// lease.
const (
	userKeys  = "user."
	leaseKeys = "lease."
)

func userKey(user, node string) string { return userKeys + user + "." + node }

func leaseKey(node string) string { return leaseKeys + node }

// subject returns the subject on which the value of a key is published.
func subject(key string) string { return "$KV." + Bucket + "." + key }

// token turns the name of a node into one token of a key. Without configuration the name is the
// host's name, which may contain dots.
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
	Run   string             `json:"run"`   // of the node that wrote it
}

// lease is the value of a node's key. The time of its message is the time of its last renewal.
type lease struct {
	Run    string  `json:"run"`
	Ended  bool    `json:"ended,omitzero"`  // the node has stopped properly
	Former []ended `json:"former,omitzero"` // the runs before this one, the latest last
}

// ended is a run of a node that has ended.
type ended struct {
	Run string `json:"run"`
	At  int64  `json:"at"` // Unix milliseconds: when the lease was last renewed
}

// maxFormer is how many former runs a lease remembers. A user who was online in an older run
// counts as last seen when that user came online.
const maxFormer = 16

func encode(v any) ([]byte, error) { return json.Marshal(v) }

// decode reads a value. It is lenient, because newer nodes of the cluster may have written the
// value.
func decode[T any](data []byte) (v T, err error) {
	err = json.Unmarshal(data, &v)
	return v, err
}
