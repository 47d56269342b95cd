package nodeproc

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"natterjack"
)

// Config holds the parts of a node's configuration: the shipped one, and the settings that
// differ between nodes.
type Config struct {
	Shipped  string // replaces the shipped configuration if not empty
	Name     string // name in the cluster; may be empty for a single node
	HTTP     string // address; the shipped one if empty
	NATS     string // address
	Route    string // address; empty for a single node
	Routes   string // URLs of all members, separated by commas
	SignIn   string // directory of the sign-in's secrets, the same for all; if empty, the node's own
	Storage  string // replaces the shipped jetstream block if not empty
	Limits   string // content of a limits block, if not empty
	Media    string // content of a media block; if empty, a single node has storage on a free port, and a member none
	Push     string // content of a push block; if empty, push is as shipped
	Search   string // content of a search block; if empty, search is as shipped
	Replicas int    // 0 for the shipped number
	Shards   int    // likewise
}

// Password is the password of every NATS user, and of the cluster.
const Password = "of-the-tests-only"

// Passwords returns environment variables with all passwords of a node.
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
{{- if .SignIn}}
  auth { sign_in_dir: "{{.SignIn}}" }
{{- end}}
{{- if .Replicas}}
  replicas: {{.Replicas}}
{{- end}}
{{- if .Shards}}
  shards: {{.Shards}}
{{- end}}
{{- if .Limits}}
  limits { {{.Limits}} }
{{- end}}
{{- if .Push}}
  push { {{.Push}} }
{{- end}}
{{- if .Search}}
  search { {{.Search}} }
{{- end}}
{{- if .Media}}
  media { {{.Media}} }
{{- else if .Route}}
  media { off: true }
{{- else}}
  media { listen: "127.0.0.1:0" }
{{- end}}
}
`))

// Text returns the configuration: the shipped one, followed by the settings that override it. Its
// block natterjack replaces that of the shipped configuration whole, so a change there has no
// effect. A setting of that block needs a field of Config.
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
