package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// believeAfter is how long a leader must report a stream that ends before pos until that is
	// believed.
	believeAfter = time.Second
	// inTouch is how recently a leader must have heard from a replica. They exchange messages
	// at least once a second.
	inTouch = 2 * time.Second
	// reachPause is the pause between two looks at the stream.
	reachPause = 50 * time.Millisecond
)

// reaches reports whether a shard's stream goes as far as a pos. It returns an error if it
// could not tell before ctx ended.
//
// If the stream reaches pos, that is certain at once. If it does not, the log has lost its end.
// That is believed only of a leader that is in touch with most of its replicas, and that
// reports it for a while. A leader that was frozen continues from its old state for a moment. A
// leader that is cut off does so for ten seconds.
func reaches(ctx context.Context, js jetstream.JetStream, shard int, pos uint64) (bool, error) {
	return streamReaches(ctx, js, StreamName(shard), pos)
}

// streamReaches does what reaches does, for any stream.
func streamReaches(ctx context.Context, js jetstream.JetStream, stream string, pos uint64) (bool, error) {
	for began := time.Now(); pos > 0; {
		s, err := js.Stream(ctx, stream)
		if err == nil {
			info := s.CachedInfo()
			if info.State.LastSeq >= pos {
				return true, nil
			}
			if single(info.Cluster) || leadsMost(info.Cluster) && time.Since(began) >= believeAfter {
				return false, nil
			}
			err = fmt.Errorf("stream %s: its leader is not in touch with most of its replicas", stream)
		}
		if pause.For(ctx, reachPause) != nil {
			return false, err
		}
	}
	return true, nil
}

func single(c *jetstream.ClusterInfo) bool { return c == nil || len(c.Replicas) == 0 }

// leadsAlone reports whether the named server leads a stream and no other server can lead it.
func leadsAlone(c *jetstream.ClusterInfo, name string) bool {
	return single(c) || c.Leader == name && leadsMost(c)
}

// leadsMost reports whether a leader has lately heard from so many of its replicas that no
// other server can lead.
func leadsMost(c *jetstream.ClusterInfo) bool {
	heard := 1
	for _, r := range c.Replicas {
		if !r.Offline && r.Active < inTouch {
			heard++
		}
	}
	return c.Leader != "" && heard > (len(c.Replicas)+1)/2
}
