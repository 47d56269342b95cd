package conversation

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"natterjack/internal/nodetest"
)

// limits are high, so that a run can send as much as it can. Other tests cover the limits.
const limits = "commands_per_s: 100000, user_commands_per_s: 100000, channel_events_per_s: 100000, groups_per_min: 100000, members_per_min: 100000, user_groups: 100000"

// binary builds the server from this tree.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "natterjack")
	return path, nodetest.Build(path)
})

// scratch is a directory that TestMain removes.
var scratch string

// servers are a single node, or three nodes of a cluster, and the SDK that devices reach them by.
type servers struct {
	sdk          sdk
	nodes        []*nodetest.Node
	down         *nodetest.Node // the killed one, until it is started again
	steps, kills int            // so far
}

func startServers(t *testing.T, size int, with sdk) *servers {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	plan := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	s := &servers{sdk: with, nodes: nodetest.New(t, path, nodetest.Options{Size: size, Plan: plan, Limits: limits})}
	nodetest.StartAll(s.nodes)
	return s
}

// several reports whether the nodes follow each other. Then a change that one node has
// acknowledged shows on another a moment later.
func (s *servers) several() bool { return len(s.nodes) > 1 }

// urls returns the URLs of all nodes, beginning with one of them.
func (s *servers) urls(first int) (urls []string) {
	for i := range s.nodes {
		urls = append(urls, s.nodes[(first+i)%len(s.nodes)].URL)
	}
	return urls
}

// up returns the nodes that run.
func (s *servers) up() (nodes []*nodetest.Node) {
	for _, n := range s.nodes {
		if n != s.down {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// kill kills a node as kill -9 does, after a delay. dead waits for its end. A single node is
// started again at once.
func (s *servers) kill(n *nodetest.Node, later time.Duration) (dead func()) {
	s.down = n
	s.kills++
	var dying sync.WaitGroup
	dying.Go(func() {
		time.Sleep(later)
		if n.Kill(); !s.several() {
			n.Start()
		}
	})
	return func() {
		if dying.Wait(); !s.several() {
			s.down = nil
		}
	}
}

// restart starts the killed node again, if there is one.
func (s *servers) restart() {
	if s.down != nil {
		s.down.Start()
		s.down = nil
	}
}
