package chaos_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	natter "natterjack/clients/go"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// TestSlowDisk_alone slows down the disk of a node that is alone, to twenty syncs a second and
// then to two. Sends wait, and are answered in time. No user is sent away, because there is no
// other node. Everything recovers by itself once the disk is fast again.
func TestSlowDisk_alone(t *testing.T) {
	plan := newPlan(t)
	d := newSlowDisk(t, 256)
	c := newCluster(t, 1, plan, sometimes(shipped, crashable), d.hold)
	cr := newCrowd(t, c, plan, scale{devices: 12})
	talking, hush := context.WithCancel(t.Context())
	defer hush()
	cr.gather(talking, scale{directs: 6, groups: []int{8, 5, 3}, rate: 40})
	alone := c.nodes[0]
	in := &insistent{stage: &stage{t: t, plan: plan, cluster: c, crowd: cr}, alone: alone, answers: map[string]int{}}
	group := cr.group(cr.devices[0], "insistent", cr.devices[1:4])
	for _, syncs := range []int{20, 2} {
		d.slow(syncs)
		ctx, cancel := context.WithTimeout(t.Context(), sometimes(8*time.Second, 3*time.Second))
		in.press(ctx, cr.devices[:4], group, fmt.Sprint("slow", syncs))
		cancel()
		t.Logf("at %d syncs a second the answers were %v, the slowest after %v", syncs, in.answers, in.longest.Round(time.Millisecond))
		in.answers, in.longest = map[string]int{}, 0
	}
	d.slow(0)
	moment := time.Now()
	st := in.stage
	hush()
	cr.send(cr.devices[1], check.Send{Lane: "again", Channel: group, ClientID: "again", Text: "it is fast again"})
	st.awaitReady(alone.URL, moment)
	t.Logf("all goes on %v after the disk is fast again", time.Since(moment).Round(time.Millisecond))
	cr.verify()
	for _, d := range cr.devices {
		if _, lost := d.told(); d.transport == natter.WebSocket && len(lost) > 0 {
			t.Errorf("%s was sent away: %v", d.name, lost)
		}
	}
}

// press makes devices send to a group, each one message after the other, and read it. It goes
// on until ctx ends and everything is answered.
func (in *insistent) press(ctx context.Context, some []*device, group, name string) {
	var all sync.WaitGroup
	for _, d := range some {
		all.Go(func() {
			lane := name + "." + d.name
			for i := 0; ctx.Err() == nil; i++ {
				cmd := wire.Send{Channel: group, ClientID: fmt.Sprint(lane, ".", i), Content: wire.Content{Text: "is it stored?"}}
				in.put(d, lane, cmd)
				in.read(d, wire.History{Channel: group})
				_ = wait(ctx, 20*time.Millisecond)
			}
		})
	}
	all.Wait()
}

// TestSlowDisk slows down the disk of the node that leads the most shards. The shards continue
// under another leader. While the node cannot follow, its users are sent to other nodes, and it
// still answers requests. It recovers by itself once its disk is fast again.
func TestSlowDisk(t *testing.T) {
	onlyInFull(t)
	plan := newPlan(t)
	d := newSlowDisk(t, 512)
	c := newCluster(t, 3, plan, shipped, d.hold)
	st := newStageOn(t, plan, c, scale{devices: 60, directs: 20, rate: 60, groups: []int{30, 20, 10, 5, 5, 3, 3, 3}})
	victim := c.nodes[0]
	c.lead(t.Context(), victim, plan.Perm(shards)[:3])
	leaders := st.calm(victim)
	t.Logf("the disk of %s becomes slow; leaders are %v", victim.Name, leaders)
	d.slow(20)
	st.pause(3 * time.Second)
	moment := time.Now()
	d.slow(2)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	(&insistent{stage: st, alone: victim, acks: true}).run(ctx)
	silent := st.probes.after(t.Context(), moment, c.others(victim))
	leaderLives.hold(t, silent, func(shard int) bool { return leaders[shard] != victim.Name })
	leaderSlow.hold(t, silent, func(shard int) bool { return leaders[shard] == victim.Name })
	st.awaitSentAway(st.probes.devices[victim.Name], moment)
	d.slow(0)
	moment = time.Now()
	st.awaitReady(victim.URL, moment)
	st.probes.await(t.Context(), moment, c.nodes)
	t.Logf("%s goes on %v after its disk is fast again", victim.Name, time.Since(moment).Round(time.Millisecond))
	st.finish()
}

// awaitSentAway waits until a device on a node that cannot follow has been told to go
// elsewhere.
func (st *stage) awaitSentAway(d *device, since time.Time) {
	st.t.Helper()
	draining := func(err error) bool {
		return websocket.CloseStatus(err) == websocket.StatusCode(wire.CloseDraining)
	}
	for {
		_, lost := d.told()
		if slices.ContainsFunc(lost, draining) {
			return
		}
		if time.Since(since) > patience {
			st.t.Fatalf("%s was not sent away; it lost %v", d.name, lost)
		}
		st.pause(100 * time.Millisecond)
	}
}

// awaitReady waits until a node reports that it is ready.
func (st *stage) awaitReady(url string, since time.Time) {
	st.t.Helper()
	for !answers(st.t.Context(), url+"/readyz") {
		if time.Since(since) > patience {
			st.t.Fatalf("%s is not ready again", url)
		}
		st.pause(100 * time.Millisecond)
	}
}
