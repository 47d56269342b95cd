package tell

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"natterjack/embed/embedtest"
	"natterjack/jetstream"
	"natterjack/jetstream/operation"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/webhook"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) {
	ats.Register() // its one goroutine stays
	m.Run()
}

// anywhere accepts all subscriptions.
type anywhere struct{}

func (anywhere) Accept(*wire.SubscribePush) error { return nil }

// got is a notification that was taken.
type got struct {
	push.Notification

	host, device string
	at           time.Time
}

// receivers are all receivers in the world. It is a [push.Sender].
type receivers struct {
	mu   sync.Mutex // protects following
	got  []got
	asks map[string]int // by host
	does map[string]func(ctx context.Context) push.Outcome
}

// Send implements [push.Sender].
func (r *receivers) Send(ctx context.Context, t push.Target, n push.Notification) push.Outcome {
	u, err := url.Parse(t.Address)
	if err != nil {
		return push.Outcome{Result: push.Refused, Reason: push.ReasonTarget}
	}
	r.mu.Lock()
	r.asks[u.Host]++
	do := r.does[u.Host]
	if device := r.does[u.Host+u.Path]; device != nil {
		do = device
	}
	r.mu.Unlock()
	out := push.Outcome{Result: push.Sent, Reason: push.ReasonSent}
	if do != nil {
		out = do(ctx)
	}
	if out.Result == push.Sent {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, got{n, u.Host, strings.TrimPrefix(u.Path, "/"), time.Now()})
	}
	return out
}

// set says how a host, or a device of it, behaves.
func (r *receivers) set(at string, do func(ctx context.Context) push.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.does[at] = do
}

// take returns the notifications since the last call: "device: title | body" each.
func (r *receivers) take() (all []got) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, r.got = r.got, nil
	return all
}

func (r *receivers) asked(host string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asks[host]
}

// hangs is a receiver that answers nothing.
func hangs(ctx context.Context) push.Outcome {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	<-ctx.Done()
	return push.Outcome{Result: push.Again, Reason: "timeout"}
}

// looking are the users who are looking.
type looking struct {
	mu    sync.Mutex // protects following
	users map[string]bool
}

func (l *looking) Active(user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.users[user]
}

func (l *looking) set(user string, looks bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[user] = looks
}

// node is a log with a teller beside it.
type node struct {
	*jetstream.Log

	t       testing.TB
	teller  *Teller
	at      *receivers
	looking *looking
	missed  *missers
	served  map[string]bool // subjects
	n       int             // commands
}

// inBubble runs a test with a node in a bubble of time.
func inBubble(t *testing.T, f func(t *testing.T, n *node)) {
	t.Helper()
	embedtest.EmptyPools()
	t.Cleanup(embedtest.EmptyPools)
	synctest.Test(t, func(t *testing.T) { f(t, start(t)) })
}

// start starts a node.
func start(tb testing.TB) *node {
	tb.Helper()
	engine := embedtest.Start(tb, embedtest.NoSync)
	logger := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	l, err := jetstream.New(tb.Context(), jetstream.Config{Conn: engine.Conn, Engine: engine, ViewDir: tb.TempDir(), Shards: 2, Logger: logger})
	if err != nil {
		tb.Fatal(err)
	}
	l.TakeReceivers(anywhere{})
	n := &node{
		Log: l, t: tb, at: &receivers{asks: map[string]int{}, does: map[string]func(context.Context) push.Outcome{}},
		looking: &looking{users: map[string]bool{}}, missed: &missers{}, served: map[string]bool{},
	}
	n.teller = New(Config{
		Log: l, Presence: n.looking, Senders: map[wire.PushKind]push.Sender{wire.PushWebhook: n.at}, Content: wire.PushFull,
		Interest: func(subject string) bool { return n.served[subject] }, Logger: logger,
	})
	n.teller.TakeDigest(n.missed)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	telling, end := context.WithCancel(ctx)
	var log, teller sync.WaitGroup
	log.Go(func() { _ = l.Run(ctx) })
	teller.Go(func() {
		if err := n.teller.Run(telling); err != nil {
			tb.Error(err)
		}
	})
	<-l.Ready()
	n.teller.Await(tb.Context(), time.Minute)
	tb.Cleanup(func() {
		end()
		teller.Wait()
		cancel()
		log.Wait()
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	n.settle(time.Second) // the duty has begun
	return n
}

// settle lets time pass, in which everything is done that can be done.
func (n *node) settle(d time.Duration) {
	n.t.Helper()
	time.Sleep(d)
	if _, real := n.t.(*testing.B); !real {
		synctest.Wait()
	}
}

func (n *node) do(user string, cmd wire.Change) wire.Ack {
	n.t.Helper()
	ack, err := n.Change(n.t.Context(), user, cmd)
	if err != nil {
		n.t.Fatalf("%s by %s: %v", cmd.Type(), user, err)
	}
	return ack
}

// secret signs webhooks.
var secret = func() string { _, text := webhook.NewSecret(); return text }()

// device returns the id of a device, made from its name.
func device(name string) string { return name + strings.Repeat("-", 24-len(name)) }

// subscribe has a device of a user told at HOST/DEVICE.
func (n *node) subscribe(user, host, name string) {
	n.t.Helper()
	n.do(user, wire.SubscribePush{
		ID: device(name), PushDevice: wire.PushDevice{Kind: wire.PushWebhook}, PushTarget: wire.PushTarget{Address: "https://" + host + "/" + name, Key: secret},
	})
}

func (n *node) set(user, name, value string) { n.do(user, wire.Set{Name: name, Value: value}) }

// say has a user send a message to another one, or into a group.
func (n *node) say(user, to, text string, mentions ...wire.Mention) wire.Ack {
	n.t.Helper()
	n.n++
	cmd := wire.Send{ClientID: fmt.Sprint("c", n.n), Content: wire.Content{Text: text, Mentions: mentions}}
	if wire.ValidUser(to) && len(to) < 20 {
		cmd.To = to
	} else {
		cmd.Channel = to
	}
	return n.do(user, cmd)
}

// read has a user read a channel up to a message.
func (n *node) read(user, channel string, seq uint64) {
	n.t.Helper()
	if _, err := n.Operations().Answer(n.t.Context(), caller(user), wire.Read{Channel: channel, Seq: seq}); err != nil {
		n.t.Fatal(err)
	}
}

func caller(user string) operation.Caller { return operation.Caller{User: user} }

// log returns the push log of a user, the oldest entry first: "channel seq verdict reason".
func (n *node) log(user string) (all []string) {
	n.t.Helper()
	entries, _, err := n.teller.Entries(n.t.Context(), user, wire.GetPushLog{Limit: 100})
	if err != nil {
		n.t.Fatal(err)
	}
	for _, e := range entries {
		all = append([]string{fmt.Sprint(e.Seq, " ", e.Verdict, " ", e.Reason)}, all...)
	}
	return all
}
