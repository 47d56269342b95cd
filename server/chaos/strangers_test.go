package chaos_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	natter "natterjack/clients/go"
	"natterjack/internal/nodetest"
	"natterjack/server/chaos/internal/check"
)

// limitFiles makes a node that has not been started run with a limit of open files.
func limitFiles(n int) func(*nodetest.Node) {
	return func(node *nodetest.Node) {
		script := fmt.Sprintf(`ulimit -n %d; exec "$@"`, n)
		node.Command = append([]string{"sh", "-c", script, "sh"}, node.Command...)
	}
}

// strangers are connections that never sign in. Each one that is closed is opened again.
type strangers struct {
	addr    string
	dials   atomic.Int64
	running sync.WaitGroup
}

// come opens n connections, which say one of the given things and no more.
func (s *strangers) come(ctx context.Context, n int, says []string) {
	for i := range n {
		s.running.Go(func() {
			for wait(ctx, rand.N(5*time.Second)) == nil {
				s.hold(ctx, says[i%len(says)])
			}
		})
	}
}

func (s *strangers) hold(ctx context.Context, say string) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return
	}
	s.dials.Add(1)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer conn.Close()
	if _, err := io.WriteString(conn, say); err == nil {
		_, _ = io.Copy(io.Discard, conn) // until the other side closes it
	}
}

// halves are the requests that a stranger may begin.
var halves = []string{
	"",
	"GET /v1/ws HTTP/1.1\r\nHost: x\r\n",
	"POST /v1/frames HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
	"GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
}

// TestStrangers opens more connections to a node than it may have files open. They come from the
// address of its users, and never sign in. The users must not notice, others must be able to
// come, and no shard may be lost.
func TestStrangers(t *testing.T) {
	plan := newPlan(t)
	c := newCluster(t, 1, plan, sometimes(shipped, crashable), limitFiles(576))
	cr := newCrowd(t, c, plan, scale{devices: 20})
	probes := newProbes(cr)
	const latecomers = 100
	var later []*device // they have their tokens already
	for i := range latecomers {
		user := fmt.Sprint("late", i)
		later = append(later, newDevice(t, c, user, user, natter.Options{URLs: c.urls(), Transport: transport(i)}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	alone := c.nodes[0]
	s := &strangers{addr: strings.TrimPrefix(alone.URL, "http://")}
	s.come(ctx, 700, halves)
	defer s.running.Wait()
	defer cancel()
	probes.talk(ctx)
	cr.gather(ctx, scale{groups: []int{10, 5}, directs: 5, rate: 40})
	end, late := time.Now().Add(sometimes(time.Minute, 12*time.Second)), time.Duration(0)
	for i := 0; i < latecomers && time.Now().Before(end); i++ {
		began := time.Now()
		cr.add(later[i])
		cr.awaitConnected()
		late = max(late, time.Since(began))
		if !answers(t.Context(), alone.URL+"/readyz") {
			t.Log("a probe of a load balancer failed")
		}
		_ = wait(ctx, time.Second)
	}
	cancel()
	s.running.Wait()
	t.Logf("%d connections of strangers, the latest user was in after %v", s.dials.Load(), late.Round(time.Millisecond))
	if late > 10*time.Second {
		t.Errorf("a user had to wait %v to come in", late)
	}
	probes.await(t.Context(), time.Now(), nil)
	cr.mustReachAllShards()
	cr.verify()
	for transport, waits := range cr.waits {
		for _, w := range waits {
			if w > 5*time.Second {
				t.Errorf("a send over %v waited %v", transport, w)
			}
		}
	}
	if strings.Contains(alone.Log(), "too many open files") {
		t.Error("it had no file left for something")
	}
}

// mustReachAllShards sends a message into each shard.
func (cr *crowd) mustReachAllShards() {
	cr.tb.Helper()
	d := cr.devices[0]
	for shard := range shards {
		channel := cr.group(d, fmt.Sprint("last ", shard), nil, natter.WithClientID(clientIDInto(shard, d.user)))
		cr.send(d, check.Send{Lane: channel, Channel: channel, ClientID: "last" + channel, Text: "is the shard there?"})
	}
}

// TestFilesExhausted lets a node open no file for a while. Whatever of it fails for good
// meanwhile is opened again by the node itself, in the same process or in one that is started
// again after it has said why it ended.
func TestFilesExhausted(t *testing.T) {
	onlyInFull(t)
	plan := newPlan(t)
	c := newCluster(t, 1, plan, shipped)
	cr := newCrowd(t, c, plan, scale{devices: 4})
	alone := c.nodes[0]
	channel := cr.group(cr.devices[0], "all", cr.devices[1:])
	allow := allowFiles(t, alone, 8) // it keeps those that it has open
	moment := time.Now()
	for i, d := range cr.devices {
		cr.talking.Go(func() { // large messages, so that the streams and the view need further files
			for k := 0; time.Since(moment) < 20*time.Second; k++ {
				cr.send(d, check.Send{Lane: fmt.Sprint("lane", i), Channel: channel, ClientID: fmt.Sprint(i, ".", k), Text: strings.Repeat("fifteen bytes. ", 1000)})
			}
		})
	}
	_ = wait(t.Context(), 20*time.Second)
	allow()
	moment = time.Now()
	for !answers(t.Context(), alone.URL+"/readyz") {
		if !alone.Life.Running() {
			t.Logf("the process ended with %v", alone.Life.Err())
			alone.Start()
		}
		if time.Since(moment) > patience {
			t.Fatal("it is not ready again")
		}
		_ = wait(t.Context(), 100*time.Millisecond)
	}
	t.Logf("ready again %v after it may open files", time.Since(moment).Round(time.Millisecond))
	cr.mustReachAllShards()
	cr.verify()
}

// allowFiles sets how many files a running node may have open. The function that it returns
// undoes that.
func allowFiles(t *testing.T, n *nodetest.Node, most uint64) (undo func()) {
	t.Helper()
	pid := n.Life.PID
	var before unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Skipf("the limits of another process cannot be changed here: %v", err)
	}
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: most, Max: before.Max}, nil); err != nil {
		t.Fatal(err)
	}
	n.Life.Doom() // it may end itself
	return func() {
		t.Helper()
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &before, nil); err != nil && n.Life.Running() {
			t.Fatal(err)
		}
	}
}
