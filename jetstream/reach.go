package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/jetstream/internal/pause"
)

const (
	// believeAfter is how long a stream must have been said to be short of a pos before that is believed.
	believeAfter = time.Second
	// inTouch is how recently a leader must have heard from a follower. They speak once a second at least.
	inTouch = 2 * time.Second
	// reachPause is between two looks.
	reachPause = 50 * time.Millisecond
)

// reaches reports whether a shard's stream goes as far as a pos; the error is that it could not be told before ctx ended.
//
// That it does is certain at once. That it does not means that the log has lost its end, and is believed only of a leader that is in
// touch with most of its followers, and that says so for a while: one that was frozen goes on for a moment where it was, and one that
// is cut off does for ten seconds.
func reaches(ctx context.Context, js jetstream.JetStream, shard int, pos uint64) (bool, error) {
	return streamReaches(ctx, js, StreamName(shard), pos)
}

// streamReaches is reaches for any stream.
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
			err = fmt.Errorf("stream %s: its leader is not in touch with most of its followers", stream)
		}
		if pause.For(ctx, reachPause) != nil {
			return false, err
		}
	}
	return true, nil
}

func single(c *jetstream.ClusterInfo) bool { return c == nil || len(c.Replicas) == 0 }

// leadsAlone reports whether the server of a name leads a stream, and nobody else can.
func leadsAlone(c *jetstream.ClusterInfo, name string) bool {
	return single(c) || c.Leader == name && leadsMost(c)
}

// leadsMost reports whether a leader has lately heard from so many of its followers that nobody else can lead.
func leadsMost(c *jetstream.ClusterInfo) bool {
	heard := 1
	for _, r := range c.Replicas {
		if !r.Offline && r.Active < inTouch {
			heard++
		}
	}
	return c.Leader != "" && heard > (len(c.Replicas)+1)/2
}
