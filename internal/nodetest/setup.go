package nodetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"natterjack/internal/nodeproc"
)

// Options describe the wanted nodes.
type Options struct {
	Size   int        // how many; 1 is a single node
	Plan   *rand.Rand // source of the random ports
	Limits string     // content of the limits block, in place of the shipped one
	Shards int        // 0 for as many as a node makes by itself
	Push   string     // content of the push block; if empty, push is as shipped
	SignIn string     // of nodes that accept the same tokens, see [Node.SignIn]; if empty, a new one
}

// Password is the password of every NATS user.
const Password = nodeproc.Password

// newConfigs returns the configurations of the nodes of a cluster: the part that they share,
// and the part of each node.
func newConfigs(tb testing.TB, o *Options) []*nodeproc.Config {
	tb.Helper()
	signIn := o.SignIn
	if signIn == "" {
		signIn = tb.TempDir()
	}
	ports, err := nodeproc.FreePorts(tb.Context(), 3*o.Size, o.Plan.IntN)
	if err != nil {
		tb.Fatal(err)
	}
	at := func(i int) string { return fmt.Sprint("127.0.0.1:", ports[i]) }
	configs := make([]*nodeproc.Config, o.Size)
	var routes []string
	for i := range configs {
		routes = append(routes, "nats://"+at(3*i+2))
		configs[i] = &nodeproc.Config{Name: fmt.Sprint("n", i+1), HTTP: at(3 * i), NATS: at(3*i + 1), SignIn: filepath.Join(signIn, "secrets"), Limits: o.Limits, Shards: o.Shards, Push: o.Push}
		if o.Size > 1 {
			configs[i].Route = at(3*i + 2)
		}
	}
	for _, c := range configs {
		c.Routes = strings.Join(routes, ", ")
	}
	return configs
}

func portOf(tb testing.TB, addr string) int {
	tb.Helper()
	_, digits, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	port, err := strconv.Atoi(digits)
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
