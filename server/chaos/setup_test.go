package chaos_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"natterjack"
)

// setup is what a node's configuration is made of: the shipped one, and what differs from node to node.
type setup struct {
	Name        string
	HTTP, NATS  int
	Route       int // 0 for a node that is alone
	Routes      string
	Key         string // file of the signing key, the same for all
	Storage     string // in place of the shipped jetstream block, where not empty
	environment []string
}

const operatorPassword = "of-the-tests-only"

// newSetups makes what the nodes of a cluster share, and what each has for itself.
func newSetups(tb testing.TB, size int, plan *rand.Rand) []setup {
	tb.Helper()
	shared := tb.TempDir()
	ports := freePorts(tb, 3*size, plan)
	setups := make([]setup, size)
	var routes []string
	for i := range setups {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[3*i+2]))
		setups[i] = setup{
			Name: fmt.Sprint("n", i+1), HTTP: ports[3*i], NATS: ports[3*i+1],
			Key: filepath.Join(shared, "signing.pem"),
		}
		if size > 1 {
			setups[i].Route = ports[3*i+2]
		}
		for _, user := range []string{"SERVICE", "OPERATOR", "SYS", "CLUSTER"} {
			setups[i].environment = append(setups[i].environment, "NATTERJACK_"+user+"_PASSWORD="+operatorPassword)
		}
	}
	for i := range setups {
		setups[i].Routes = strings.Join(routes, ", ")
	}
	writeKey(tb, setups[0].Key)
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
  name: chaos
  listen: 127.0.0.1:{{.Route}}
  authorization { user: node, password: $NATTERJACK_CLUSTER_PASSWORD }
  routes: [{{.Routes}}]
}
{{- end}}
natterjack {
  listen: "127.0.0.1:{{.HTTP}}"
  auth { key: "{{.Key}}" }
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
