package sessions

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unique"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const patience = 30 * time.Second

// start runs a registry until the test ends or stop is called.
func start(tb testing.TB, node *embedtest.Node, replicas, nodes int) (r *Registry, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	r, err := New(ctx, Config{
		Conn: node.Conn, Replicas: replicas, Nodes: func() int { return nodes },
		Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	run, cancelRun := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(run); err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancelRun()
		running.Wait()
	})
	tb.Cleanup(stop)
	select {
	case <-r.Ready():
	case <-time.After(patience):
		tb.Fatal("the registry did not become ready")
	}
	return r, stop
}

// owner counts how often it is told to end, and how often its client was heard.
type owner struct{ told, heard atomic.Int32 }

func (o *owner) SignedOut() { o.told.Add(1) }

func (o *owner) Heard() { o.heard.Add(1) }

func token(name string) Token {
	return Token{Fingerprint: sha256.Sum256([]byte(name)), Expires: time.Now().Add(time.Hour).UnixMilli()}
}

func enter(tb testing.TB, r *Registry, user, id, by string) (*Session, *owner) {
	tb.Helper()
	o := new(owner)
	s := &Session{ID: id, User: user, Started: int64(len(id)), Address: "192.0.2.7", Client: unique.Make(Client{"websocket", "test"}), Owner: o}
	if err := r.Enter(s, token(by)); err != nil {
		tb.Fatalf("enter %s: %v", id, err)
	}
	return s, o
}

func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("never came true: %s", what)
		}
	}
}

func mustRefuse(tb testing.TB, err error) {
	tb.Helper()
	if !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		tb.Errorf("got %v, want %s", err, wire.CodeUnauthorized)
	}
}

func TestRegistry_listsAllNodes(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	one, _ := start(t, nodes[0], 3, 2)
	two, stop := start(t, nodes[1], 3, 2)
	a, _ := enter(t, one, "alice", "s1", "t1")
	enter(t, two, "alice", "s22", "t2")
	enter(t, two, "bob", "s3", "t3")
	want := []wire.Session{
		{ID: "s22", Started: 3, Transport: "websocket", Address: "192.0.2.7", Agent: "test"},
		{ID: "s1", Started: 2, Transport: "websocket", Address: "192.0.2.7", Agent: "test", Current: true},
	}
	eventually(t, "both nodes have heard of one another", func() bool {
		got, err := one.List(t.Context(), "alice", "s1")
		return err == nil && cmp.Equal(want, got)
	})
	stop() // a node that does not answer delays the others only for a moment
	if got, err := one.List(t.Context(), "alice", ""); err != nil || len(got) != 1 || got[0].ID != "s1" {
		t.Errorf("without the other: %v, %v", got, err)
	}
	one.Leave(a)
	one.Leave(a)
	if got, err := one.List(t.Context(), "alice", ""); err != nil || len(got) != 0 {
		t.Errorf("after leaving: %v, %v", got, err)
	}
}

// TestRegistry_signsOut shows that signing out ends all that a session's tokens opened, and
// nothing else, on every node. This holds also for nodes that start later.
func TestRegistry_signsOut(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	one, _ := start(t, nodes[0], 3, 2)
	two, _ := start(t, nodes[1], 3, 2)
	victim, gone := enter(t, two, "alice", "victim", "t1")
	if err := two.Refresh(victim, token("t2")); err != nil {
		t.Fatal(err)
	}
	_, sibling := enter(t, one, "alice", "sibling", "t2")
	_, other := enter(t, one, "alice", "other", "t3")
	eventually(t, "both nodes have heard of one another", func() bool {
		got, err := one.List(t.Context(), "alice", "")
		return err == nil && len(got) == 3
	})
	if err := one.SignOut(t.Context(), "bob", "victim"); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
		t.Errorf("by somebody else: %v", err)
	}
	began := time.Now()
	if err := one.SignOut(t.Context(), "alice", "victim"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both sessions end", func() bool { return gone.told.Load() > 0 && sibling.told.Load() > 0 })
	t.Logf("ended after %v", time.Since(began))
	if other.told.Load() != 0 {
		t.Error("a session of another token was ended")
	}
	late, _ := start(t, nodes[2], 3, 3)
	for name, r := range map[string]*Registry{"one": one, "two": two, "late": late} {
		for _, by := range []string{"t1", "t2"} {
			mustRefuse(t, r.Check(token(by)))
			mustRefuse(t, r.Enter(&Session{User: "alice", Owner: new(owner)}, token(by)))
		}
		if err := r.Check(token("t3")); err != nil {
			t.Errorf("%s refuses another token: %v", name, err)
		}
	}
	mustRefuse(t, one.Refresh(victim, token("t1")))
}

// TestRegistry_survivesARestart shows that a revoked token stays revoked until it would have
// expired.
func TestRegistry_survivesARestart(t *testing.T) {
	node := embedtest.Start(t)
	r, stop := start(t, node, 1, 1)
	enter(t, r, "alice", "s1", "t1")
	if err := r.SignOut(t.Context(), "alice", "s1"); err != nil {
		t.Fatal(err)
	}
	if err := r.SignOut(t.Context(), "alice", "s1"); err != nil {
		t.Errorf("once more: %v", err)
	}
	stop()
	node.Restart(t)
	r, _ = start(t, node, 1, 1)
	mustRefuse(t, r.Check(token("t1")))
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_"+Bucket)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(t.Context(), fmt.Sprintf("$KV.%s.%x", Bucket, token("t1").Fingerprint))
	if err != nil {
		t.Fatal(err)
	}
	if life, err := time.ParseDuration(msg.Header.Get(jetstream.MsgTTLHeader)); err != nil || life < time.Hour || life > time.Hour+margin {
		t.Errorf("the key lives for %v (%v), its token for an hour", life, err)
	}
	r.sweep(time.Now().Add(time.Hour + 2*margin))
	if err := r.Check(token("t1")); err != nil {
		t.Errorf("is known for longer than it is good: %v", err)
	}
}

func TestSession_show(t *testing.T) {
	var s Session
	for i := range 3 * maxTokens {
		s.show(token(fmt.Sprint(i)))
		s.show(token(fmt.Sprint(i)))
	}
	if len(s.tokens) != maxTokens || !s.has(token(fmt.Sprint(3*maxTokens-1)).Fingerprint) || s.has(token("0").Fingerprint) {
		t.Errorf("%d tokens are kept", len(s.tokens))
	}
	stale := Token{Fingerprint: sha256.Sum256([]byte("stale")), Expires: time.Now().Add(-margin - time.Second).UnixMilli()}
	s.tokens = []Token{stale}
	s.show(token("new"))
	if len(s.tokens) != 1 || s.has(stale.Fingerprint) {
		t.Errorf("a token that is over is kept")
	}
}

// TestRegistry_hears shows that a request that names a session is told to its owner, on
// whichever node it is, and only if the session is the user's own.
func TestRegistry_hears(t *testing.T) {
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	here, _ := start(t, nodes[0], 3, 2)
	there, _ := start(t, nodes[1], 3, 2)
	_, named := enter(t, there, "alice", "a1", "token")
	_, other := enter(t, there, "alice", "a2", "token")
	here.Hear("bob", "a2")
	here.Hear("alice", strings.Repeat("a", maxID+1))
	for end := time.Now().Add(patience); named.heard.Load() == 0; { // a subscription takes a moment to be known everywhere
		if time.Now().After(end) {
			t.Fatal("the owner did not hear of it")
		}
		here.Hear("alice", "a1")
	}
	if n := other.heard.Load(); n != 0 {
		t.Errorf("another user called the session %d times", n)
	}
}

// TestRegistry_clockAhead signs a session out while the clock is a day ahead, so that the tokens
// that it has shown seem to have expired. Once the clock is right, none of them opens anything.
func TestRegistry_clockAhead(t *testing.T) {
	r, _ := start(t, embedtest.Start(t), 1, 1)
	shown := []Token{token("t1"), token("t2")}
	for i := range shown {
		shown[i].Expires = time.Now().Add(-23 * time.Hour).UnixMilli()
	}
	s := &Session{ID: "s1", User: "alice", Owner: new(owner)}
	if err := errors.Join(r.Enter(s, shown[0]), r.Refresh(s, shown[1])); err != nil {
		t.Fatal(err)
	}
	if err := r.SignOut(t.Context(), "alice", "s1"); err != nil {
		t.Fatal(err)
	}
	r.sweep(time.Now())
	for _, token := range shown {
		mustRefuse(t, r.Check(token))
		e, err := r.kv.Get(t.Context(), fmt.Sprintf("%x", token.Fingerprint))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := r.conn.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		msg, err := stream.GetMsg("KV_"+Bucket, e.Revision())
		if err != nil {
			t.Fatal(err)
		}
		if life, err := time.ParseDuration(msg.Header.Get(jetstream.MsgTTLHeader)); err != nil || life < 25*time.Hour {
			t.Errorf("is kept for %v, %v", life, err)
		}
	}
}
