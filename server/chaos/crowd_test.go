package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// scale is the size of a crowd and its load.
type scale struct {
	devices int
	groups  []int   // their sizes
	directs int     // pairs that know each other at the beginning
	rate    float64 // messages a second, of all users together
}

// crowd is users who talk on their devices. Their commands, and the frames that they get, are
// recorded in the form that package check needs.
type crowd struct {
	tb      testing.TB
	cluster *cluster
	plan    *rand.Rand
	devices []*device // the users' devices first, then the probes'
	people  int
	life    context.Context
	living  sync.WaitGroup // goroutines of the devices
	talking sync.WaitGroup
	lanes   atomic.Int64

	mu      sync.Mutex // protects following
	members map[string][]string
	sends   []*check.Send
	waits   map[natter.Transport][]time.Duration // how long users' sends waited for their acks
}

// newCrowd connects users to all nodes. Every seventh device is a second device of a user, and
// some use the other transports.
func newCrowd(tb testing.TB, c *cluster, plan *rand.Rand, s scale) *crowd {
	tb.Helper()
	life, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	cr := &crowd{tb: tb, cluster: c, plan: plan, people: s.devices, life: life, members: map[string][]string{}, waits: map[natter.Transport][]time.Duration{}}
	tb.Cleanup(func() {
		cancel()
		cr.living.Wait()
	})
	for i := range s.devices {
		user := fmt.Sprintf("u%03d", i)
		if i%7 == 6 {
			user = fmt.Sprintf("u%03d", i-1)
		}
		cr.add(newDevice(tb, c, fmt.Sprintf("%s/%d", user, i), user, natter.Options{URLs: c.urls(), Transport: transport(i)}))
	}
	cr.awaitConnected()
	return cr
}

func transport(i int) natter.Transport {
	switch i % 10 {
	case 3:
		return natter.Stream
	case 5:
		return natter.Poll
	default:
		return natter.WebSocket
	}
}

// add runs a device.
func (cr *crowd) add(d *device) *device {
	cr.devices = append(cr.devices, d)
	cr.living.Go(func() {
		if err := d.client.Run(cr.life); err != nil {
			d.note(err)
		}
	})
	cr.living.Go(func() { d.watch(cr.life) })
	return d
}

func (cr *crowd) awaitConnected() {
	cr.tb.Helper()
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	for _, d := range cr.devices {
		if _, err := d.client.Session(ctx); err != nil {
			cr.tb.Fatalf("%s is not connected: %v", d.name, err)
		}
	}
}

// gather makes the channels that exist from the beginning, and makes users talk in them until
// ctx ends.
func (cr *crowd) gather(ctx context.Context, s scale) {
	cr.tb.Helper()
	type place struct {
		channel string
		writers []*device
	}
	var places []place
	for i, size := range s.groups {
		some := cr.pick(size)
		places = append(places, place{cr.group(some[0], fmt.Sprint("group ", i), some[1:]), some[:min(3, len(some))]})
	}
	for range s.directs {
		some := cr.pick(2)
		places = append(places, place{cr.direct(some[0].user, some[1].user), some})
	}
	lanes := 0
	for _, p := range places {
		lanes += len(p.writers)
	}
	every := time.Duration(float64(lanes) / s.rate * float64(time.Second))
	for _, p := range places {
		for _, d := range p.writers {
			cr.talk(ctx, d, p.channel, every)
		}
	}
}

// pick returns random devices of different users.
func (cr *crowd) pick(n int) (some []*device) {
	users := map[string]bool{}
	for _, i := range cr.plan.Perm(cr.people) {
		if d := cr.devices[i]; !users[d.user] && len(some) < n {
			users[d.user] = true
			some = append(some, d)
		}
	}
	return some
}

// group makes a group and returns its id.
func (cr *crowd) group(by *device, name string, others []*device, options ...natter.SendOption) string {
	cr.tb.Helper()
	var members []string
	for _, d := range others {
		members = append(members, d.user)
	}
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	info, err := by.client.CreateGroup(ctx, name, members, options...)
	if err != nil {
		cr.tb.Fatalf("create group: %v", err)
	}
	cr.join(info.ID, append(members, by.user))
	return info.ID
}

// direct records a direct channel. Its first message will make it.
func (cr *crowd) direct(a, b string) string {
	id := wire.DirectChannel(a, b)
	cr.join(id, []string{a, b})
	return id
}

func (cr *crowd) join(channel string, members []string) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	cr.members[channel] = members
}

// talk sends at random moments, on average once per given interval, until ctx ends.
func (cr *crowd) talk(ctx context.Context, d *device, channel string, every time.Duration) {
	r := rand.New(rand.NewPCG(cr.plan.Uint64(), 0))
	lane := fmt.Sprint("lane", cr.lanes.Add(1))
	cr.talking.Go(func() {
		for i := 0; wait(ctx, time.Duration(r.ExpFloat64()*float64(every))) == nil; i++ {
			cr.send(d, check.Send{Lane: lane, Channel: channel, ClientID: fmt.Sprint(lane, ".", i), Text: text(r)})
		}
	})
}

// send sends a message and records it. An error fails the test: a send may only be late.
func (cr *crowd) send(d *device, s check.Send) {
	s.Sender = d.user
	cr.mu.Lock()
	cr.sends = append(cr.sends, &s)
	cr.mu.Unlock()
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	began := time.Now()
	ack, err := deliver(ctx, d, &s)
	took := time.Since(began)
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if err != nil {
		cr.tb.Errorf("%s: send %s to %s failed after %v: %v", d.name, s.ClientID, s.Channel, took, err)
		return
	}
	s.Ack = ackOf(&ack)
	if !d.pinned {
		cr.waits[d.transport] = append(cr.waits[d.transport], took)
	}
}

// text returns a few words in several alphabets, and now and then many words.
func text(r *rand.Rand) string {
	words := []string{"hello", "größer", "你好", "さようなら", "감사", "🐸", `"quoted"`, "a\nb", `\`, "<b>", "a\u2028b"}
	n := 1 + r.IntN(6)
	if r.IntN(50) == 0 {
		n = 500
	}
	var b strings.Builder
	for range n {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// rest waits until all sends are done and all devices have been shown everything.
func (cr *crowd) rest() {
	cr.tb.Helper()
	cr.talking.Wait()
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	want := cr.due()
	// The check reports devices that still lack something after that.
	for !cr.shown(want) && wait(ctx, 50*time.Millisecond) == nil {
	}
	_ = wait(ctx, 300*time.Millisecond) // for events that should not come any more
}

// due returns how many events each channel must have at least.
func (cr *crowd) due() map[string]int {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	due := map[string]int{}
	for _, s := range cr.sends {
		if s.Ack != nil {
			due[s.Channel] = max(due[s.Channel], int(s.Ack.Seq)+1)
		}
	}
	return due
}

func (cr *crowd) shown(due map[string]int) bool {
	for _, d := range cr.devices {
		for channel, n := range due {
			if d.saw(channel) < n && slices.Contains(cr.members[channel], d.user) {
				return false
			}
		}
	}
	return true
}

// verify checks everything that the devices were told and shown against what was promised. All
// nodes must be up.
func (cr *crowd) verify() {
	cr.tb.Helper()
	cr.rest()
	run := cr.run()
	run.Histories = cr.histories(run.Members)
	found := check.Verify(run)
	for i, v := range found {
		if i == 30 {
			cr.tb.Errorf("and %d more", len(found)-i)
			break
		}
		cr.tb.Error(v)
	}
	for _, d := range cr.devices {
		news, _ := d.told()
		for _, err := range news {
			cr.tb.Errorf("%s was told: %v", d.name, err)
		}
	}
	cr.sum(run)
}

func (cr *crowd) run() *check.Run {
	run := &check.Run{Members: map[string][]string{}}
	for _, s := range cr.sends {
		run.Sends = append(run.Sends, *s)
		run.Members[s.Channel] = cr.members[s.Channel] // a channel in which no user sent may not exist
	}
	for _, d := range cr.devices {
		run.Feeds = append(run.Feeds, d.feed())
	}
	for channel, members := range cr.members {
		if strings.HasPrefix(channel, "g") {
			run.Members[channel] = members
		}
	}
	return run
}

// sum logs a summary of the run.
func (cr *crowd) sum(run *check.Run) {
	events, lost := 0, 0
	for i, d := range cr.devices {
		events += len(run.Feeds[i].Events)
		_, gone := d.told()
		lost += len(gone)
	}
	acked := 0
	for _, s := range run.Sends {
		if s.Ack != nil {
			acked++
		}
	}
	cr.tb.Logf("%d devices, %d channels, %d messages acknowledged, %d events shown, %d connections lost",
		len(cr.devices), len(run.Members), acked, events, lost)
	for how, name := range map[natter.Transport]string{natter.WebSocket: "WebSocket", natter.Stream: "events", natter.Poll: "polling"} {
		if waits := cr.waits[how]; len(waits) > 0 {
			slices.Sort(waits)
			at := func(q float64) time.Duration { return waits[int(q*float64(len(waits)-1))].Round(time.Millisecond) }
			cr.tb.Logf("acknowledged over %s after p50 %v, p99 %v, at the latest %v", name, at(0.5), at(0.99), at(1))
		}
	}
}

// deliver sends to a group, or to the other user of a direct channel, which need not exist yet.
func deliver(ctx context.Context, d *device, s *check.Send) (natter.Ack, error) {
	a, b, direct := wire.DirectUsers(s.Channel)
	switch {
	case !direct:
		return d.client.Send(ctx, s.Channel, s.Text, natter.WithClientID(s.ClientID))
	case a == d.user:
		return d.client.SendTo(ctx, b, s.Text, natter.WithClientID(s.ClientID))
	default:
		return d.client.SendTo(ctx, a, s.Text, natter.WithClientID(s.ClientID))
	}
}
