package chaos_test

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"natterjack/internal/nodetest"
)

// kill ends a node with SIGKILL, and starts it again.
func (st *stage) kill(victim *nodetest.Node) {
	st.t.Helper()
	leaders := st.calm(victim)
	st.random()
	moment := time.Now()
	victim.Kill()
	st.t.Logf("%s was killed", victim.Name)
	st.without(victim, moment, leaders)
	victim.Start()
}

// blackout kills all nodes at once and starts them again.
func (st *stage) blackout() {
	st.t.Helper()
	st.random()
	moment := time.Now()
	for _, n := range st.cluster.nodes {
		n.Life.Doom()
		n.Signal(syscall.SIGKILL)
	}
	for _, n := range st.cluster.nodes {
		n.Kill() // Kill waits for the end
	}
	st.t.Log("all nodes were killed")
	for _, n := range st.cluster.nodes {
		n.Begin()
	}
	for _, n := range st.cluster.nodes {
		n.AwaitReady()
	}
	st.probes.await(st.t.Context(), time.Now(), st.cluster.nodes)
	st.t.Logf("all go on %v later", time.Since(moment).Round(time.Millisecond))
}

// freeze stops a node with SIGSTOP, and lets it continue. The node then believes that no time
// has passed.
func (st *stage) freeze(victim *nodetest.Node, d time.Duration) {
	st.t.Helper()
	leaders := st.calm(victim)
	moment := time.Now()
	victim.Signal(syscall.SIGSTOP)
	st.t.Logf("%s was frozen; leaders were %v", victim.Name, leaders)
	st.without(victim, moment, leaders)
	st.pause(time.Until(moment.Add(d)))
	victim.Signal(syscall.SIGCONT)
	st.cluster.awaitWhole(st.t.Context())
}

// retire stops a node gracefully, as an upgrade does, applies changes to it, and starts it
// again.
func (st *stage) retire(victim *nodetest.Node, change ...func(*nodetest.Node)) {
	st.t.Helper()
	st.cluster.awaitWhole(st.t.Context())
	st.calm(victim)
	moment := time.Now()
	took := victim.Stop()
	silent := st.probes.after(st.t.Context(), moment, st.cluster.others(victim))
	st.t.Logf("%s stopped within %v", victim.Name, took.Round(time.Millisecond))
	handedOver.hold(st.t, silent, func(int) bool { return true })
	for _, f := range change {
		f(victim)
	}
	victim.Start()
}

// crash makes a node kill itself when it passes a named point of the write path for the n-th
// time, and starts it again.
func (st *stage) crash(victim *nodetest.Node, point string, n int) {
	st.t.Helper()
	victim.Kill()
	began := time.Now()
	victim.Begin(fmt.Sprintf("NATTERJACK_CRASH=%s:%d", point, n)).Doom()
	if err := st.awaitPoint(victim); err != nil {
		st.t.Errorf("point %s, pass %d, did not kill: %v", point, n, err)
		victim.Kill()
	}
	st.t.Logf("%s killed itself at point %s, pass %d, %v after its start", victim.Name, point, n, time.Since(began).Round(time.Millisecond))
	victim.Start()
	st.cluster.awaitWhole(st.t.Context())
}

// awaitPoint waits until the node has killed itself. It makes the node a leader of all shards but
// one, because most points are reached by leaders only, and some by others only.
func (st *stage) awaitPoint(victim *nodetest.Node) error {
	ctx, cancel := context.WithTimeout(st.t.Context(), patience)
	defer cancel()
	order := st.plan.Perm(shards)
	select {
	case <-victim.Life.Ready:
		st.cluster.lead(ctx, st.cluster.others(victim)[0], order[:1])
		st.cluster.lead(ctx, victim, order[1:])
	case <-victim.Life.Done:
	case <-ctx.Done():
	}
	return victim.AwaitSuicide(ctx)
}

// isolate freezes two of three nodes. The third must answer every send with a retryable error,
// and none with an ack. Messages of other users sent meanwhile are stored once the two nodes
// continue, and refused messages are not.
func (st *stage) isolate(alone *nodetest.Node, d time.Duration) {
	st.t.Helper()
	st.cluster.awaitWhole(st.t.Context())
	for _, n := range st.cluster.others(alone) {
		n.Signal(syscall.SIGSTOP)
	}
	st.t.Logf("%s was left alone", alone.Name)
	st.pause(500 * time.Millisecond) // so that bytes that the other nodes sent before have arrived
	ctx, cancel := context.WithTimeout(st.t.Context(), d)
	defer cancel()
	(&insistent{stage: st, alone: alone}).run(ctx)
	for _, n := range st.cluster.others(alone) {
		n.Signal(syscall.SIGCONT)
	}
	silent := st.probes.after(st.t.Context(), time.Now(), st.cluster.nodes)
	leaderDies.hold(st.t, silent, func(int) bool { return true })
}
