package chaos_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"natterjack/internal/nodetest"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// TestStorageLimit fills a node that is alone up to its storage limit. It must report this to
// every client in time, go on serving reads, and store again once the limit is raised.
func TestStorageLimit(t *testing.T) {
	beside(t)
	plan := newPlan(t)
	c := newCluster(t, 1, plan, sometimes(shipped, crashable), func(n *nodetest.Node) { n.Store("sync_interval: always, max_file_store: 4MB") })
	cr := newCrowd(t, c, plan, scale{devices: 4})
	channel := cr.group(cr.devices[0], "all", cr.devices[1:])
	alone := c.nodes[0]
	in := &insistent{stage: &stage{t: t, plan: plan, cluster: c, crowd: cr}, alone: alone, answers: map[string]int{}}
	stored := 0
	for i := 0; in.answers["send → storage_full"] < 20; i++ {
		if i == 2000 {
			t.Fatalf("2000 messages of 15 KB each fit into 4 MB: %v", in.answers)
		}
		cmd := wire.Send{Channel: channel, ClientID: fmt.Sprint("big.", i), Content: wire.Content{Text: strings.Repeat("fifteen bytes. ", 1000)}}
		if in.put(cr.devices[i%4], "lane"+cr.devices[i%4].name, cmd) {
			stored++
		}
	}
	in.read(cr.devices[1], wire.History{Channel: channel, Limit: 50})
	cr.talking.Go(func() { // a client retries until it is stored
		cr.send(cr.devices[0], check.Send{Lane: "patient", Channel: channel, ClientID: "patient", Text: "there will be room"})
	})
	if err := wait(t.Context(), 2*time.Second); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages were stored, then the answers were %v, the slowest after %v", stored, in.answers, in.longest)
	alone.Stop()
	alone.Store("sync_interval: always")
	alone.Start()
	cr.verify()
}

// TestDiskFull_alone fills the disk of a node that is alone. The node reports this to every
// client and goes on serving reads. Once there is room it stores again, by itself and in the
// same process.
func TestDiskFull_alone(t *testing.T) {
	beside(t)
	plan := newPlan(t)
	d := newDisk(t, 256)
	c := newCluster(t, 1, plan, sometimes(shipped, crashable), d.hold)
	cr := newCrowd(t, c, plan, scale{devices: 4})
	channel := cr.group(cr.devices[0], "all", cr.devices[1:])
	alone := c.nodes[0]
	in := &insistent{stage: &stage{t: t, plan: plan, cluster: c, crowd: cr}, alone: alone, answers: map[string]int{}}
	say := func(i int) bool {
		cmd := wire.Send{Channel: channel, ClientID: fmt.Sprint("raw.", i), Content: wire.Content{Text: "is there room?"}}
		return in.put(cr.devices[i%4], "lane"+cr.devices[i%4].name, cmd)
	}
	if !say(0) {
		t.Fatal("nothing is stored while there is room")
	}
	d.fill()
	for i := 1; in.answers["send → storage_full"] < 20; i++ {
		if i == 200 {
			t.Fatalf("a node whose disk is full answers %v", in.answers)
		}
		say(i)
		_ = wait(t.Context(), 50*time.Millisecond)
	}
	in.read(cr.devices[1], wire.History{Channel: channel, Limit: 50})
	cr.talking.Go(func() { // a client retries until it is stored
		cr.send(cr.devices[0], check.Send{Lane: "patient", Channel: channel, ClientID: "patient", Text: "there will be room"})
	})
	t.Logf("the answers were %v, the slowest after %v", in.answers, in.longest)
	d.relieve()
	moment, life := time.Now(), alone.Life
	for !answers(t.Context(), alone.URL+"/readyz") {
		if time.Since(moment) > patience {
			t.Fatal("it is not ready again")
		}
		_ = wait(t.Context(), 100*time.Millisecond)
	}
	t.Logf("ready again %v after there is room", time.Since(moment).Round(time.Millisecond))
	cr.verify()
	if !life.Running() {
		t.Error("the process has ended")
	}
}

// answers reports whether a GET of a URL succeeds.
func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// TestDiskFull fills the disk of one of three nodes. The others go on without it, and it sends
// no false ack. Once there is room it recovers by itself and has everything.
func TestDiskFull(t *testing.T) {
	onlyInFull(t)
	plan := newPlan(t)
	d := newDisk(t, 512)
	c := newCluster(t, 3, plan, shipped, d.hold)
	st := newStageOn(t, plan, c, scale{devices: 60, directs: 20, rate: 60, groups: []int{30, 20, 10, 5, 5, 3, 3, 3}})
	victim := c.nodes[0]
	c.lead(t.Context(), victim, plan.Perm(shards)[:3])
	leaders := st.calm(victim)
	moment := time.Now()
	d.fill()
	t.Logf("the disk of %s is full; leaders were %v", victim.Name, leaders)
	st.without(victim, moment, leaders)
	st.pause(10 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	probe := st.probes.devices[victim.Name]
	if f, err := ask(ctx, victim.URL, probe.token, wire.History{Channel: st.probes.channels[0]}); err != nil {
		t.Errorf("history of a node whose disk is full: %v", err)
	} else if refusal, ok := f.(*wire.Error); ok && !refusal.Retryable {
		t.Errorf("history of a node whose disk is full: %v", refusal)
	}
	d.relieve()
	moment = time.Now()
	st.probes.await(t.Context(), moment, c.nodes)
	t.Logf("%s goes on %v after there is room again", victim.Name, time.Since(moment).Round(time.Millisecond))
	for ; !answers(t.Context(), victim.URL+"/readyz"); _ = wait(t.Context(), 100*time.Millisecond) {
		if time.Since(moment) > patience {
			t.Fatalf("%s is not ready again", victim.Name)
		}
	}
	t.Logf("%s is ready %v after there is room again", victim.Name, time.Since(moment).Round(time.Millisecond))
	st.finish()
}
