package chaos_test

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// kill ends a node as kill -9 does, and starts it again.
func (st *stage) kill(victim *node) {
	st.t.Helper()
	leaders := st.calm(victim)
	st.random()
	moment := time.Now()
	victim.kill()
	st.t.Logf("%s was killed", victim.name)
	st.without(victim, moment, leaders)
	victim.start()
}

// blackout kills all nodes at once and starts them again.
func (st *stage) blackout() {
	st.t.Helper()
	st.random()
	moment := time.Now()
	for _, n := range st.cluster.nodes {
		n.life.doomed.Store(true)
		n.signal(syscall.SIGKILL)
	}
	for _, n := range st.cluster.nodes {
		n.kill() // waits
	}
	st.t.Log("all nodes were killed")
	for _, n := range st.cluster.nodes {
		n.begin()
	}
	for _, n := range st.cluster.nodes {
		n.life.awaitReady(n)
	}
	st.probes.await(st.t.Context(), time.Now(), st.cluster.nodes)
	st.t.Logf("all go on %v later", time.Since(moment).Round(time.Millisecond))
}

// freeze stops a node as SIGSTOP does, and lets it continue: it comes back believing that no time has passed.
func (st *stage) freeze(victim *node, d time.Duration) {
	st.t.Helper()
	leaders := st.calm(victim)
	moment := time.Now()
	victim.signal(syscall.SIGSTOP)
	st.t.Logf("%s was frozen; leaders were %v", victim.name, leaders)
	st.without(victim, moment, leaders)
	st.pause(time.Until(moment.Add(d)))
	victim.signal(syscall.SIGCONT)
	st.cluster.awaitWhole(st.t.Context())
}

// retire stops a node as an upgrade does, and starts it again.
func (st *stage) retire(victim *node) {
	st.t.Helper()
	st.cluster.awaitWhole(st.t.Context())
	st.calm(victim)
	moment := time.Now()
	took := victim.stop()
	silent := st.probes.after(st.t.Context(), moment, st.cluster.others(victim))
	st.t.Logf("%s stopped within %v", victim.name, took.Round(time.Millisecond))
	handedOver.hold(st.t, silent, func(int) bool { return true })
	victim.start()
}

// crash has a node kill itself when it passes a named point of the write path for the n-th time, and starts it again.
func (st *stage) crash(victim *node, point string, n int) {
	st.t.Helper()
	victim.kill()
	began := time.Now()
	victim.begin(fmt.Sprintf("NATTERJACK_CRASH=%s:%d", point, n)).doomed.Store(true)
	if err := st.awaitPoint(victim); err != nil {
		st.t.Errorf("point %s, pass %d, did not kill: %v", point, n, err)
		victim.kill()
	}
	st.t.Logf("%s killed itself at point %s, pass %d, %v after its start", victim.name, point, n, time.Since(began).Round(time.Millisecond))
	victim.start()
	st.cluster.awaitWhole(st.t.Context())
}

// awaitPoint makes the node a leader of some shards, as most points are on the leader's way, and waits until it has
// killed itself.
func (st *stage) awaitPoint(victim *node) error {
	ctx, cancel := context.WithTimeout(st.t.Context(), patience)
	defer cancel()
	some := st.plan.Perm(shards)[:3]
	select {
	case <-victim.life.ready:
		st.cluster.lead(ctx, victim, some)
	case <-victim.life.done:
	case <-ctx.Done():
	}
	return victim.awaitSuicide(ctx)
}

// isolate freezes two of three nodes. The third must answer every send with an error that says to try again, none with an ack; what
// was said meanwhile is stored once the others are back, and what was refused is not.
func (st *stage) isolate(alone *node, d time.Duration) {
	st.t.Helper()
	st.cluster.awaitWhole(st.t.Context())
	for _, n := range st.cluster.others(alone) {
		n.signal(syscall.SIGSTOP)
	}
	st.t.Logf("%s was left alone", alone.name)
	st.pause(500 * time.Millisecond) // for what the others have done by now
	ctx, cancel := context.WithTimeout(st.t.Context(), d)
	defer cancel()
	(&insistent{stage: st, alone: alone}).run(ctx)
	for _, n := range st.cluster.others(alone) {
		n.signal(syscall.SIGCONT)
	}
	silent := st.probes.after(st.t.Context(), time.Now(), st.cluster.nodes)
	leaderDies.hold(st.t, silent, func(int) bool { return true })
}
