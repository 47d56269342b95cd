package nodetest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"natterjack"
)

// Options say which nodes are wanted.
type Options struct {
	Size   int        // how many; 1 is a node that is alone
	Plan   *rand.Rand // what ports are drawn from
	Limits string     // in the limits block, in place of what is shipped
	Key    string     // file of the signing key, see [Node.Key]; a new one where empty
}

// Password is that of every user of NATS.
const Password = "of-the-tests-only"

// setup is what a node's configuration is made of: the shipped one, and what differs from node to node.
type setup struct {
	Name        string
	HTTP, NATS  int
	Route       int // 0 for a node that is alone
	Routes      string
	Key         string // file of the signing key, the same for all
	Storage     string // in place of the shipped jetstream block, where not empty
	Limits      string // of a limits block, where not empty
	Replicas    int    // 0 for what is shipped
	environment []string
}

// newSetups makes what the nodes of a cluster share, and what each has for itself.
func newSetups(tb testing.TB, o *Options) []setup {
	tb.Helper()
	key := o.Key
	if key == "" {
		key = filepath.Join(tb.TempDir(), "signing.pem")
		writeKey(tb, key)
	}
	ports := freePorts(tb, 3*o.Size, o.Plan)
	setups := make([]setup, o.Size)
	var routes []string
	for i := range setups {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[3*i+2]))
		setups[i] = setup{
			Name: fmt.Sprint("n", i+1), HTTP: ports[3*i], NATS: ports[3*i+1],
			Key: key, Limits: o.Limits,
		}
		if o.Size > 1 {
			setups[i].Route = ports[3*i+2]
		}
		for _, user := range []string{"SERVICE", "OPERATOR", "SYS", "CLUSTER"} {
			setups[i].environment = append(setups[i].environment, "NATTERJACK_"+user+"_PASSWORD="+Password)
		}
	}
	for i := range setups {
		setups[i].Routes = strings.Join(routes, ", ")
	}
	return setups
}

func writeKey(tb testing.TB, path string) {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
}

var configuration = template.Must(template.New("node.conf").Parse(`
include shipped.conf
server_name: {{.Name}}
listen: 127.0.0.1:{{.NATS}}
{{- if .Storage}}
jetstream { {{.Storage}} }
{{- end}}
{{- if .Route}}
cluster {
  name: test
  listen: 127.0.0.1:{{.Route}}
  authorization { user: node, password: $NATTERJACK_CLUSTER_PASSWORD }
  routes: [{{.Routes}}]
}
{{- end}}
natterjack {
  listen: "127.0.0.1:{{.HTTP}}"
  auth { key: "{{.Key}}" }
{{- if .Replicas}}
  replicas: {{.Replicas}}
{{- end}}
{{- if .Limits}}
  limits { {{.Limits}} }
{{- end}}
}
`))

// write writes the configuration and returns its path.
func (s *setup) write(tb testing.TB, dir string) string {
	tb.Helper()
	var b bytes.Buffer
	if err := configuration.Execute(&b, s); err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(dir, "node.conf")
	err := errors.Join(
		os.WriteFile(path, b.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "shipped.conf"), []byte(natterjack.Configuration), 0o600),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// freePorts are ports that nobody listens on. They are outside the range from which the kernel takes those of outgoing connections:
// one of the hundreds of clients would take the port of a node that is down, and it could not come back.
func freePorts(tb testing.TB, n int, plan *rand.Rand) (ports []int) {
	tb.Helper()
	for try := 0; len(ports) < n; try++ {
		port := 10_000 + plan.IntN(20_000)
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil && try < 1000 {
			continue
		}
		if err != nil {
			tb.Fatalf("find a free port: %v", err)
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return ports
}
