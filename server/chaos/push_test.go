package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	natter "natterjack/clients/go"
	"natterjack/internal/nodetest"
	"natterjack/jetstream/duty"
	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

// pushPoints are the points at which a node dies that decides about a message, or tells of it: the
// message is stored, it was decided about, its jobs are stored, a receiver was told, and the job is
// done. The empty one is any time.
var pushPoints = []string{"acked", "duty_done", "job_stored", "push_sent", "job_done", ""}

// absent are the members of a group who are told and never come.
const absent = 8

// bells are the webhooks of all absent users.
type bells struct {
	port int

	mu   sync.Mutex // protects following
	rang map[string]int
}

// ServeHTTP takes a notification at /USER.
func (b *bells) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var n struct{ Seq uint64 }
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rang[fmt.Sprint(strings.TrimPrefix(r.URL.Path, "/"), " ", n.Seq)]++
}

// times returns how often each absent user was told of a message: the least and the most.
func (b *bells) times(seq uint64) (least, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	least = 1 << 20
	for i := range absent {
		n := b.rang[fmt.Sprint(absentUser(i), " ", seq)]
		least, most = min(least, n), max(most, n)
	}
	return least, most
}

func absentUser(i int) string { return fmt.Sprint("absent", i) }

func startBells(t *testing.T) *bells {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bells{port: l.Addr().(*net.TCPAddr).Port, rang: map[string]int{}}
	server := &http.Server{Handler: b, ReadTimeout: patience}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return b
}

// TestPush_killed kills the nodes that decide about messages, and tell of them. Each absent member
// is told of each message at least once, and at most twice. No promise can be kept for a message
// whose nodes are killed again and again after they have told of it. So each kill waits until all
// is told that the kills before have left undone, and the nodes have stored that it is.
func TestPush_killed(t *testing.T) {
	beside(t)
	for _, c := range []struct{ size, kills int }{{1, sometimes(60, 2)}, {3, sometimes(40, 1)}} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			beside(t)
			plan := newPlan(t)
			path, err := crashable()
			if err != nil {
				t.Fatal(err)
			}
			b := startBells(t)
			nodes := nodetest.New(t, path, nodetest.Options{
				Size: c.size, Plan: plan, Limits: limits, Shards: 1, Push: fmt.Sprintf(`allow: ["127.0.0.0/8"], ports: [ %d ], plain: true`, b.port),
			})
			for _, n := range nodes {
				n.Begin()
			}
			for _, n := range nodes {
				n.AwaitReady()
			}
			p := &pushed{t: t, nodes: nodes, bells: b, client: clientAll(t, nodes, "alice")}
			p.open()
			p.check(p.say(), 1)
			twice := 0
			for k := range c.kills {
				p.rest()
				point := pushPoints[(k+plan.IntN(2))%len(pushPoints)]
				twice += p.killAt(point, time.Duration(plan.IntN(300))*time.Millisecond)
			}
			p.settle()
			t.Logf("killed %d times; %d times members were told twice", c.kills, twice)
		})
	}
}

// pushed is a group whose members are all absent, and its nodes.
type pushed struct {
	t      *testing.T
	nodes  []*nodetest.Node
	bells  *bells
	client *natter.Client
	group  string
	n      int
	pos    uint64 // of the last message, in the only shard
}

// open makes the group, and subscribes its members.
func (p *pushed) open() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var members []string
	for i := range absent {
		members = append(members, absentUser(i))
		p.subscribe(ctx, absentUser(i))
	}
	g, err := p.client.CreateGroup(ctx, "Pond", members)
	if err != nil {
		p.t.Fatal(err)
	}
	p.group = g.ID
}

// subscribe asks as a service does.
func (p *pushed) subscribe(ctx context.Context, user string) {
	p.t.Helper()
	nc, err := nats.Connect(fmt.Sprint("nats://127.0.0.1:", p.nodes[0].NATS), nats.UserInfo("service", nodetest.Password), nats.CustomInboxPrefix("_INBOX.service"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	body, err := json.Marshal(wire.SubscribePush{
		ID: strings.Repeat("x", 24), PushDevice: wire.PushDevice{Kind: wire.PushWebhook}, ClientID: "subscribe",
		PushTarget: wire.PushTarget{Address: fmt.Sprintf("http://127.0.0.1:%d/%s", p.bells.port, user), Key: "whsec_" + strings.Repeat("QUFB", 11)},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	m, err := nc.RequestWithContext(ctx, "api."+user+".subscribe_push", body)
	if err != nil || m.Header.Get("Nats-Service-Error-Code") != "" {
		p.t.Fatalf("subscribe %s: %v %v", user, err, m)
	}
}

// say sends a message, also while nodes die.
func (p *pushed) say() uint64 {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	p.n++
	ack, err := p.client.Send(ctx, p.group, fmt.Sprint("message ", p.n))
	if err != nil {
		p.t.Fatal(err)
	}
	p.pos = ack.Pos
	return ack.Seq
}

// check waits until all were told of a message, and some time more. It returns whether some were
// told twice.
func (p *pushed) check(seq uint64, most int) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	await(ctx, p.t, fmt.Sprint("all to be told of message ", seq), func() bool { least, _ := p.bells.times(seq); return least > 0 })
	_, got := p.bells.times(seq)
	if got > most {
		p.t.Errorf("message %d: told %d times, at most %d are allowed", seq, got, most)
	}
	return got > 1
}

// settle waits until nothing is told again any more, and checks all messages.
func (p *pushed) settle() {
	p.t.Helper()
	if err := wait(p.t.Context(), 15*time.Second); err != nil { // longer than a job waits for a node that died
		p.t.Fatal(err)
	}
	for seq := range p.n {
		if least, most := p.bells.times(uint64(seq + 1)); least < 1 || most > 2 {
			p.t.Errorf("at the end, message %d: told %d to %d times", seq+1, least, most)
		}
	}
}

// rest waits until no job is left to be done, or done again, and no message is left to be decided
// about again.
func (p *pushed) rest() {
	p.t.Helper()
	var urls []string
	for _, n := range p.nodes {
		urls = append(urls, fmt.Sprintf("nats://operator:%s@127.0.0.1:%d", nodetest.Password, n.NATS))
	}
	nc, err := nats.Connect(strings.Join(urls, ","), nats.CustomInboxPrefix("_INBOX.operator"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	await(ctx, p.t, "all jobs to be done", func() bool {
		ask, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		s, err := js.Stream(ask, queue.StreamName("push"))
		return err == nil && s.CachedInfo().State.Msgs == 0 && decided(ask, js) >= p.pos
	})
}

// decided returns up to which position the nodes have stored that they have decided about messages.
func decided(ctx context.Context, js jetstream.JetStream) uint64 {
	s, err := js.Stream(ctx, duty.StreamName)
	if err != nil {
		return 0
	}
	m, err := s.GetLastMsgForSubject(ctx, duty.Subject("push", 0))
	if err != nil {
		return 0
	}
	var place struct{ Pos uint64 }
	_ = json.Unmarshal(m.Data, &place) // the test waits until there is a position
	return place.Pos
}

// killAt kills the leader when it passes a point, or after a while, while a message is sent.
func (p *pushed) killAt(point string, after time.Duration) int {
	p.t.Helper()
	victim := p.nodes[p.n%len(p.nodes)]
	if point != "" {
		victim.Kill()
		victim.Begin("NATTERJACK_CRASH=" + point + ":1").Doom()
		select {
		case <-victim.Life.Ready:
		case <-victim.Life.Done: // it had something to do from before
		case <-p.t.Context().Done():
		}
	}
	said := make(chan uint64, 1)
	var saying sync.WaitGroup
	saying.Go(func() { said <- p.say() })
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	switch {
	case point == "":
		_ = wait(ctx, after)
		victim.Kill()
	case len(p.nodes) == 1:
		if err := victim.AwaitSuicide(ctx); err != nil {
			p.t.Fatalf("%s: %v", point, err)
		}
	default: // another node may lead, and do all the work
		_ = wait(ctx, 3*time.Second)
		victim.Kill()
	}
	victim.Start()
	saying.Wait()
	seq := <-said
	twice := 0
	if p.check(seq, 2) {
		twice = 1
	}
	return twice
}

// clientAll returns a client that knows all nodes.
func clientAll(t *testing.T, nodes []*nodetest.Node, user string) *natter.Client {
	t.Helper()
	var urls []string
	for _, n := range nodes {
		urls = append(urls, n.URL)
	}
	c, err := natter.New(natter.Options{
		URLs: urls, Tokens: natter.SignIn{User: user, URLs: urls, Data: nodes[0].SignIn()}, BackoffMax: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(context.Background()) })
	t.Cleanup(func() { _ = c.Close(); running.Wait() })
	return c
}
