package embed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// metaStepDown is the request that moves the leader of the cluster's metadata; the server has no method for it.
const metaStepDown = server.JSApiLeaderStepDown

// metaTimeout bounds one such request; it is answered before the move begins.
const metaTimeout = time.Second

// StepDown hands every leadership this server holds to another: of streams, of consumers, and of the cluster's metadata. It returns
// once others have been elected to all of them, or an error when ctx ends before. A group that nobody else could lead
// stays: alone, or as the last of its cluster, the server has nobody to hand over to. Nothing keeps a leadership from coming
// back later, so stop soon after.
func (s *Server) StepDown(ctx context.Context) error {
	if !s.nats.JetStreamIsClustered() {
		return nil
	}
	return s.await(ctx, func() error { return s.stepDown(ctx) })
}

// stepDown asks once for everything that is still here, and fails as long as something is.
func (s *Server) stepDown(ctx context.Context) error {
	info, err := s.nats.Jsz(&server.JSzOptions{Consumer: true})
	if err != nil {
		return fmt.Errorf("list streams: %w", err)
	}
	var left int
	for _, g := range s.groups(info) {
		if g.settled(s.Name()) {
			continue
		}
		left++
		if g.leader != s.Name() {
			continue // has none yet
		}
		if err := g.stepDown(ctx); err != nil {
			s.logger.DebugContext(ctx, "a step-down failed", "group", g.name, "error", err)
		}
	}
	if left > 0 {
		return fmt.Errorf("nats server: %d leaderships have not moved", left)
	}
	return nil
}

// group is a Raft group this server belongs to.
type group struct {
	name     string
	leader   string // empty while there is none
	peers    []*server.PeerInfo
	stepDown func(context.Context) error
}

// settled reports whether somebody else leads, or nobody else could.
func (g group) settled(self string) bool {
	if g.leader != "" && g.leader != self {
		return true
	}
	for _, p := range g.peers {
		if p.Name != self && !p.Offline {
			return false
		}
	}
	return true
}

// groups lists the metadata's group and those of the streams and consumers that have replicas.
func (s *Server) groups(info *server.JSInfo) []group {
	var all []group
	if m := info.Meta; m != nil && s.system != (credentials{}) {
		all = append(all, group{name: "metadata", leader: m.Leader, peers: m.Replicas, stepDown: s.stepDownMeta})
	}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			if c := stream.Cluster; c != nil {
				all = append(all, group{stream.Name, c.Leader, c.Replicas, func(context.Context) error {
					return s.nats.JetStreamStepdownStream(account.Name, stream.Name)
				}})
			}
			for _, consumer := range stream.Consumer {
				if c := consumer.Cluster; c != nil {
					all = append(all, group{consumer.Name, c.Leader, c.Replicas, func(context.Context) error {
						return s.nats.JetStreamStepdownConsumer(account.Name, stream.Name, consumer.Name)
					}})
				}
			}
		}
	}
	return all
}

// stepDownMeta asks as an operator would, through the system account.
func (s *Server) stepDownMeta(ctx context.Context) error {
	conn, err := s.connect(s.system)
	if err != nil {
		return fmt.Errorf("connect to the system account: %w", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, metaTimeout)
	defer cancel()
	if _, err := conn.RequestWithContext(ctx, metaStepDown, nil); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("step down as metadata leader: %w", err)
	}
	return nil
}
