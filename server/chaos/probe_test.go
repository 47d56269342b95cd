package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/internal/nodetest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// probes measure, for each shard, how long live delivery is interrupted. There is one device on
// each node, which knows no other node. In each shard they share a group, in which each of the
// three sends five times a second.
type probes struct {
	crowd    *crowd
	devices  map[string]*device // by the name of the node
	channels [shards]string
}

const probeEvery = 200 * time.Millisecond

func newProbes(cr *crowd) *probes {
	cr.tb.Helper()
	p := &probes{crowd: cr, devices: map[string]*device{}}
	for _, n := range cr.cluster.nodes {
		user := "probe-" + n.Name
		p.devices[n.Name] = cr.add(newDevice(cr.tb, cr.cluster, user, user, natter.Options{
			URLs: []string{n.URL}, Transport: natter.WebSocket,
			BackoffMax: 2 * time.Second, // otherwise it would wait long after its only node is back
		}))
	}
	cr.awaitConnected()
	all := p.on(cr.cluster.nodes)
	for shard := range p.channels {
		id := clientIDInto(shard, all[0].user)
		p.channels[shard] = cr.group(all[0], fmt.Sprint("probe ", shard), all[1:], natter.WithClientID(id))
	}
	return p
}

// clientIDInto returns a client id with which a user makes a group that falls into a shard.
func clientIDInto(shard int, user string) string {
	for i := 0; ; i++ {
		id := fmt.Sprintf("shard%d.%d", shard, i)
		if wire.SlotOf(channel.GroupID(user, id))*shards/wire.Slots == shard {
			return id
		}
	}
}

// on returns the devices on some nodes.
func (p *probes) on(nodes []*nodetest.Node) (some []*device) {
	for _, n := range nodes {
		some = append(some, p.devices[n.Name])
	}
	return some
}

// talk starts sending; it ends with ctx.
func (p *probes) talk(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(p.devices)) {
		for _, channel := range p.channels {
			p.crowd.talk(ctx, p.devices[name], channel, probeEvery)
		}
	}
}

// silence is a time in which a device was shown nothing new in a shard.
type silence struct {
	length time.Duration
	from   time.Duration // time since the fault
	device string
}

// silences holds the longest silence of each shard.
type silences [shards]silence

// after waits until live delivery between the given nodes has resumed after a moment. It
// returns the longest silence of any device on them since that moment.
func (p *probes) after(ctx context.Context, moment time.Time, nodes []*nodetest.Node) (longest silences) {
	p.crowd.tb.Helper()
	p.await(ctx, moment, nodes)
	_ = wait(ctx, time.Second) // an interruption may come in two parts
	for shard := range longest {
		for _, d := range p.on(nodes) {
			if s := p.silence(d, shard, moment, nodes); s.length > longest[shard].length {
				longest[shard] = s
			}
		}
	}
	return longest
}

// await waits until devices on the given nodes have been shown messages from all of these
// devices, in all shards, that were sent after a moment.
func (p *probes) await(ctx context.Context, moment time.Time, nodes []*nodetest.Node) {
	p.crowd.tb.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for shard := range p.channels {
		for _, d := range p.on(nodes) {
			for !p.heard(d, shard, moment, nodes) {
				if wait(ctx, 50*time.Millisecond) != nil {
					p.crowd.tb.Errorf("%s was shown nothing new in shard %d within %v after %v", d.name, shard, patience, moment)
					return
				}
			}
		}
	}
}

// heard reports whether a device was shown a message of a shard's group that was sent after a
// moment.
func (p *probes) heard(d *device, shard int, moment time.Time, from []*nodetest.Node) bool {
	return slices.ContainsFunc(d.sightings(moment), func(s sighting) bool {
		return s.event.Timestamp > moment.UnixMilli() && p.of(s, shard, from)
	})
}

func (p *probes) silence(d *device, shard int, since time.Time, from []*nodetest.Node) silence {
	longest, last := silence{device: d.name}, since
	until := func(t time.Time) {
		if length := t.Sub(last); length > longest.length {
			longest.length, longest.from = length, last.Sub(since)
		}
		last = t
	}
	for _, s := range d.sightings(since) {
		if p.of(s, shard, from) {
			until(s.at)
		}
	}
	until(time.Now())
	return longest
}

func (p *probes) of(s sighting, shard int, from []*nodetest.Node) bool {
	return s.event.Channel == p.channels[shard] && slices.ContainsFunc(from, func(n *nodetest.Node) bool { return s.event.Sender == p.devices[n.Name].user })
}

// bound is how long an interruption may last: the promised time, and the time above which it is
// clearly wrong, even on a machine that is busy with other work.
type bound struct {
	what            string
	promised, wrong time.Duration
}

var (
	leaderLives = bound{"shards whose leader lives", 3 * time.Second, sometimes(6*time.Second, 12*time.Second)}
	leaderDies  = bound{"shards whose leader died", 9 * time.Second, sometimes(18*time.Second, 36*time.Second)}
	// leaderSlow lasts until another node leads.
	leaderSlow = bound{"shards whose leader has a slow disk", 12 * time.Second, 30 * time.Second}
	handedOver = bound{"graceful stop", time.Second, sometimes(2*time.Second, 8*time.Second)}
)

// hold logs the longest silences of some shards, and fails the test if one is clearly wrong.
func (b bound) hold(t *testing.T, all silences, some func(shard int) bool) {
	t.Helper()
	var of []time.Duration
	longest, where := silence{}, 0
	for shard, s := range all {
		if !some(shard) {
			continue
		}
		of = append(of, s.length.Round(10*time.Millisecond))
		if s.length > longest.length {
			longest, where = s, shard
		}
	}
	if len(of) == 0 {
		return
	}
	t.Logf("%s: silent for %v", b.what, of)
	if longest.length > b.promised {
		t.Logf("%s: LONGER THAN THE PROMISED %v: %s in shard %d for %v from %v on", b.what, b.promised, longest.device, where, longest.length, longest.from)
	}
	if longest.length > b.wrong {
		t.Errorf("%s: delivery was interrupted for %v", b.what, longest.length)
	}
}
