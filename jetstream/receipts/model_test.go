package receipts

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
)

// TestStore_model: users move their cursors at two nodes, memberships end, nodes restart with
// their old view or a new one, and the stream is cleaned, in any order. Each user sees their
// own moves at once, and no cursor goes back. Whenever all is quiet, both nodes have the same
// cursors as a map in memory.
func TestStore_model(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	m := &modelled{tb: t}
	for i := range m.nodes {
		m.nodes[i].rig = rig{node: node, dir: t.TempDir(), pause: time.Millisecond}
		m.start(i)
	}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		m.rt, m.model, m.channels = rt, map[key]Mark{}, []string{group(3 * round), group(3*round + 1), group(3*round + 2)}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 39).Draw(rt, "step") {
			case 0:
				m.restart(false)
			case 1:
				m.restart(true)
			case 2, 3:
				m.clean()
			case 4, 5, 6, 7:
				m.forget()
			default:
				m.move()
			}
		}
		m.agree()
	})
}

type modelled struct {
	tb       testing.TB
	rt       *rapid.T
	channels []string
	model    map[key]Mark
	nodes    [2]struct {
		rig
		*Store
		stop func()
	}
}

func (m *modelled) start(i int) {
	n := &m.nodes[i]
	n.Store, n.stop = n.rig.start(m.tb)
	for _, sh := range n.shards {
		sh.cleaner.above = 1
	}
}

func (m *modelled) node() int { return rapid.IntRange(0, 1).Draw(m.rt, "node") }

func (m *modelled) key() key {
	return key{rapid.SampledFrom(m.channels).Draw(m.rt, "channel"), rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(m.rt, "user")}
}

func (m *modelled) move() {
	k, s, to := m.key(), m.nodes[m.node()].Store, Mark{}
	if seq := rapid.Uint64Range(1, 100).Draw(m.rt, "seq"); rapid.Bool().Draw(m.rt, "read") {
		to.Read = seq
	} else {
		to.Delivered = seq
	}
	before := own(m.tb, s, k.channel, k.user)
	move(m.tb, s, k.channel, k.user, to)
	m.model[k] = m.model[k].merge(to)
	if got := own(m.tb, s, k.channel, k.user); !got.covers(before.merge(to)) || !s.Ahead(k.channel, k.user).merge(stored(m.tb, s, k.channel, k.user)).covers(got) {
		m.rt.Errorf("%v moved to %v from %v, and is at %v", k, to, before, got)
	}
}

// forget deletes a cursor that both nodes know. A move on its way to a node would stay.
func (m *modelled) forget() {
	m.agree()
	k, s := m.key(), m.nodes[m.node()].Store
	if err := s.Forget(m.tb.Context(), shardIndex(s, k.channel), []Parting{{k.channel, k.user}}); err != nil {
		m.rt.Fatal(err)
	}
	delete(m.model, k)
	m.agree()
}

func (m *modelled) restart(anew bool) {
	i := m.node()
	m.nodes[i].stop()
	if anew {
		m.nodes[i].dir = m.tb.TempDir()
	}
	m.start(i)
}

// clean has a node clean a part of the stream, or all of it.
func (m *modelled) clean() {
	s := m.nodes[m.node()].Store
	for _, sh := range s.shards {
		for range rapid.IntRange(1, 3).Draw(m.rt, "times") {
			if _, err := sh.cleaner.step(m.tb.Context()); err != nil {
				m.rt.Fatalf("clean: %v", err)
			}
		}
	}
}

// agree waits until both nodes have the state of the model.
func (m *modelled) agree() {
	for i := range m.nodes {
		s := m.nodes[i].Store
		await(m.tb, "the node to agree", func() bool {
			quiet := !slices.ContainsFunc(s.shards, func(sh *shard) bool { return sh.memory.waiting() })
			return quiet && cmp.Equal(m.model, all(m.tb, s, m.channels...))
		})
	}
}
