// Package embedtest starts NATS servers for tests: real servers in this process, with JetStream
// in a directory of the test. [Start] works inside a synctest bubble, if TestMain calls
// ats.Register() (nats-server/v2/server/ats). It closes what it started before the bubble ends.
package embedtest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed"
	"natterjack/internal/nodeproc"
)

// patience bounds every wait of this package. It allows for a loaded machine; waits are usually
// much shorter.
const patience = 30 * time.Second

// attempt bounds one request of a wait that may try again.
const attempt = 3 * time.Second

// Node is one running server and its connection. It implements jetstream.Engine. Stop, Launch
// and Restart must not be called concurrently.
type Node struct {
	*embed.Server
	Conn *nats.Conn // in process; may do everything; Launch replaces it

	opts func() *server.Options // makes new ones for each start: a server changes its options
}

// Option changes the options with which servers are started.
type Option func(*server.Options)

// NoSync leaves syncing to the operating system. It is for tests that write much and do not
// simulate a power cut.
func NoSync(o *server.Options) { o.SyncAlways, o.SyncInterval = false, 2*time.Minute }

// Listen opens a TCP listener on loopback at a free port, see [embed.Server.URL].
func Listen(o *server.Options) { o.DontListen, o.Host, o.Port = false, "127.0.0.1", server.RANDOM_PORT }

// User adds a user with all permissions to the chat account, for tests that connect over TCP.
func User(name, password string) Option {
	return func(o *server.Options) {
		for _, a := range o.Accounts {
			if a.Name == embed.Account {
				o.Users = append(o.Users, &server.User{Username: name, Password: password, Account: a})
			}
		}
	}
}

// Start starts a server that is alone and has no listener. The end of the test stops it.
func Start(tb testing.TB, options ...Option) *Node {
	tb.Helper()
	dir := tb.TempDir()
	n := &Node{opts: func() *server.Options { return serverOptions(tb, dir, "n1", options) }}
	n.Launch(tb)
	tb.Cleanup(func() { n.Stop(tb) })
	n.Await(tb)
	return n
}

// Cluster starts servers n1, n2, … that form a cluster over loopback, and waits until it has a
// leader. The end of the test stops them. It needs real time, so it does not work in a bubble.
func Cluster(tb testing.TB, size int, options ...Option) []*Node {
	tb.Helper()
	ports := freePorts(tb, size)
	var routes []string
	for _, port := range ports {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	nodes := make([]*Node, size)
	for i := range nodes {
		dir := tb.TempDir()
		nodes[i] = &Node{opts: func() *server.Options {
			o := serverOptions(tb, dir, fmt.Sprintf("n%d", i+1), options)
			Listen(o) // routes wait for the client listener
			o.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]}
			o.Routes = server.RoutesFromStr(strings.Join(routes, ","))
			return o
		}}
		nodes[i].Launch(tb)
		tb.Cleanup(func() { nodes[i].Stop(tb) })
	}
	for _, n := range nodes {
		n.Await(tb)
	}
	awaitPeers(tb, nodes[0], size)
	return nodes
}

// awaitPeers waits until a replicated stream is accepted. It is refused (10005) before the
// servers know one another's resources.
func awaitPeers(tb testing.TB, n *Node, size int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js, err := jetstream.New(n.Conn)
	if err != nil {
		tb.Fatal(err)
	}
	probe := jetstream.StreamConfig{Name: "embedtest", Subjects: []string{"embedtest"}, Replicas: size, Storage: jetstream.MemoryStorage}
	for {
		// A request that meets an election of the meta leader gets no reply at all.
		try, end := context.WithTimeout(ctx, attempt)
		_, err = js.CreateOrUpdateStream(try, probe)
		if end(); err == nil {
			break
		}
		if ctx.Err() != nil {
			tb.Fatalf("make a replicated stream: %v", err)
		}
		<-time.After(10 * time.Millisecond)
	}
	if err := js.DeleteStream(ctx, probe.Name); err != nil {
		tb.Fatalf("delete stream: %v", err)
	}
}

// Stop stops the server without handing anything over. For the other servers this is like a
// crash, but what was acknowledged is on disk. Stop may be called repeatedly.
func (n *Node) Stop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Server.Close(ctx); err != nil {
		tb.Errorf("stop %s: %v", n.Server.Name(), err)
	}
}

// Restart stops the server and starts it again on the same data, under the same name and, in a
// cluster, at the same address.
func (n *Node) Restart(tb testing.TB) {
	tb.Helper()
	n.Stop(tb)
	n.Launch(tb)
	n.Await(tb)
}

// Launch starts the server again after Stop. It does not wait until a cluster accepts it.
func (n *Node) Launch(tb testing.TB) {
	tb.Helper()
	s, err := embed.New(embed.Options{NATS: n.opts(), Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		tb.Fatalf("make server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Start(ctx); err != nil {
		tb.Fatalf("start server: %v", err)
	}
	n.Server, n.Conn = s, s.Conn()
}

// Await waits until JetStream can be used.
func (n *Node) Await(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Ready(ctx); err != nil {
		tb.Fatalf("server %s: %v", n.Name(), err)
	}
}

// configuration has the accounts of nats.conf. Users are added to the options.
const configuration = `
accounts { CHAT { jetstream: enabled }, SYS {} }
system_account: SYS
jetstream { sync_interval: always }
`

func serverOptions(tb testing.TB, dir, name string, options []Option) *server.Options {
	tb.Helper()
	o := &server.Options{}
	if err := o.ProcessConfigString(configuration); err != nil {
		tb.Fatalf("read configuration: %v", err)
	}
	o.ServerName, o.StoreDir, o.DontListen = name, dir, true
	for _, option := range options {
		option(o)
	}
	return o
}

// freePorts returns ports that were free a moment ago. NATS does not accept a listener from
// outside, and routes must be known before the start. A server that is started again finds its
// port free, because no outgoing connection takes it.
func freePorts(tb testing.TB, n int) []int {
	tb.Helper()
	ports, err := nodeproc.FreePorts(tb.Context(), n, rand.IntN)
	if err != nil {
		tb.Fatal(err)
	}
	return ports
}
