package nodeproc

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"natterjack"
)

// Config is what a node's configuration is made of: the shipped one, and what differs from node to
// node.
type Config struct {
	Shipped  string // in place of the shipped configuration, where not empty
	Name     string // as the cluster knows it; may be empty for a node that is alone
	HTTP     string // address; that of the shipped configuration where empty
	NATS     string // address
	Route    string // address; empty for a node that is alone
	Routes   string // URLs of all members, separated by commas
	Key      string // file of the signing key, the same for all; the node makes one where empty
	Storage  string // in place of the shipped jetstream block, where not empty
	Limits   string // of a limits block, where not empty
	Replicas int    // 0 for what is shipped
}

// Password is that of every user of NATS, and of the cluster.
const Password = "of-the-tests-only"

// Passwords returns the environment that tells a node all of them.
func Passwords() (environ []string) {
	for _, user := range []string{"SERVICE", "OPERATOR", "SYS", "CLUSTER"} {
		environ = append(environ, "NATTERJACK_"+user+"_PASSWORD="+Password)
	}
	return environ
}

var configuration = template.Must(template.New("node.conf").Parse(`{{.Shipped}}
{{- if .Name}}
server_name: {{.Name}}
{{- end}}
listen: {{.NATS}}
{{- if .Storage}}
jetstream { {{.Storage}} }
{{- end}}
{{- if .Route}}
cluster {
  name: test
  listen: {{.Route}}
  authorization { user: node, password: $NATTERJACK_CLUSTER_PASSWORD }
  routes: [{{.Routes}}]
}
{{- end}}
natterjack {
{{- if .HTTP}}
  listen: "{{.HTTP}}"
{{- end}}
{{- if .Key}}
  auth { key: "{{.Key}}" }
{{- end}}
{{- if .Replicas}}
  replicas: {{.Replicas}}
{{- end}}
{{- if .Limits}}
  limits { {{.Limits}} }
{{- end}}
}
`))

// Text returns the configuration: the shipped one, and behind it what counts in its place.
func (c *Config) Text() (string, error) {
	whole := *c
	whole.Shipped = cmp.Or(c.Shipped, natterjack.Configuration)
	var b strings.Builder
	err := configuration.Execute(&b, &whole)
	return b.String(), err
}

// Write writes the configuration into a directory and returns its path.
func (c *Config) Write(dir string) (string, error) {
	text, err := c.Text()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "node.conf")
	return path, os.WriteFile(path, []byte(text), 0o600)
}
