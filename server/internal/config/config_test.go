package config

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack"
	"natterjack/server/wire"
)

// file writes a configuration and returns its path. If the text has no accounts, it gets the
// shipped ones.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	shipped := filepath.Join(filepath.Dir(path), "shipped.conf")
	if err := os.WriteFile(shipped, []byte(natterjack.Configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("include shipped.conf\n"+text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad_Shipped(t *testing.T) {
	c, err := Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Listen: "127.0.0.1:8080", Data: "./data", Drain: 10 * time.Second, Shards: defaultShards(runtime.NumCPU(), false), Replicas: 1,
		Log: Log{Format: "text"}, Auth: Auth{SignIn: true}, Limits: wire.DefaultLimits(), Media: defaultMedia(), Profiles: defaultProfiles(), Push: defaultPush(), SignIn: true,
	}
	want.Media.Listen = "127.0.0.1:8090"
	if diff := cmp.Diff(want, *c, cmp.FilterPath(func(p cmp.Path) bool {
		return strings.HasSuffix(p.String(), "NATS") || strings.HasSuffix(p.String(), "made")
	}, cmp.Ignore())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	o := c.NATS
	if o.Host != "127.0.0.1" || o.Port != 4222 || o.HTTPPort != 0 || !o.SyncAlways || o.StoreDir != "./data" || o.ServerName == "" {
		t.Errorf("NATS server: %s:%d, monitoring %d, sync always %v, store %q, name %q", o.Host, o.Port, o.HTTPPort, o.SyncAlways, o.StoreDir, o.ServerName)
	}
	if l := o.JetStreamLimits; l.DefaultMaxConsumers == 0 || l.Duplicates == 0 || l.MaxHAAssets == 0 || o.MaxPayload == 0 || o.MaxConn == 0 {
		t.Errorf("limits that the shipped configuration leaves to the NATS server: %+v", l)
	}
}

// TestShipped_SaysItsDefaults reads the shipped configuration with the settings of our block
// uncommented, and compares it with the defaults. Excluded are paths of files and the shards,
// which depend on the machine.
func TestShipped_SaysItsDefaults(t *testing.T) {
	_, ours, _ := strings.Cut(natterjack.Configuration, "\nnatterjack {")
	ours = regexp.MustCompile(`(?m)^(\s*)# ((listen|data|drain|replicas|log|origins|http|sign_in|limits|frame_bytes|text_bytes|in_flight|group_members|history_events|message_edits|commands_per_s|user_commands_per_s|channel_events_per_s|groups_per_min|members_per_min|user_groups|ping_interval_s|media|profiles|search|push)\b.*|\})$`).
		ReplaceAllString(ours, "$1$2")
	ours = regexp.MustCompile(`(?m)^(\s*)#   (\w+: )`).ReplaceAllString(ours, "$1$2")
	for _, want := range []string{"\n  listen:", "\n  limits {", "\n  http {", "guests: 0 ", "frame_bytes: 64KB", "\n  object_bytes: 2GB", "\n  visible_to: everyone", "\n    sign_in: true", "\n  content: full"} {
		if !strings.Contains(ours, want) {
			t.Fatalf("the test uncomments no %q:\n%s", want, ours)
		}
	}
	plain, err := Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	spelled, err := Load([]string{"--config", file(t, "natterjack {"+ours)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*plain, *spelled, cmp.FilterPath(func(p cmp.Path) bool {
		return strings.HasSuffix(p.String(), "NATS") || strings.HasSuffix(p.String(), "made") || strings.HasSuffix(p.String(), "Origins") || strings.HasSuffix(p.String(), "Proxies")
	}, cmp.Ignore())); diff != "" {
		t.Errorf("what the comments say is not what holds, -holds +said:\n%s", diff)
	}
}

func TestLoad_Precedence(t *testing.T) {
	path := file(t, `natterjack { listen: "127.0.0.1:1", data: "from-file", shards: 3, cache: 4GB, log { level: warn } }`)
	t.Setenv("NATTERJACK_CONFIG", path)
	t.Setenv("NATTERJACK_DATA", "from-env")
	t.Setenv("NATTERJACK_SHARDS", "4")
	t.Setenv("NATTERJACK_LOG_FORMAT", "json")
	c, err := Load([]string{"--shards", "5", "--nats-listen", "127.0.0.1:0", "--name", "n7"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Listen, c.Data, c.Shards, c.Replicas, c.Log.Level, c.Log.Format, c.NATS.ServerName, c.NATS.Port, c.Cache}
	want := []any{"127.0.0.1:1", "from-env", 5, 1, slog.LevelWarn, "json", "n7", -1, int64(4 << 30)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoad_Errors(t *testing.T) {
	for name, tt := range map[string]struct {
		args  []string
		env   map[string]string
		text  string
		usage bool
		want  []string
	}{
		"unknown flag":     {args: []string{"--lisen", "x"}, usage: true, want: []string{"--lisen"}},
		"an argument":      {args: []string{"serve"}, usage: true, want: []string{"serve"}},
		"unknown variable": {env: map[string]string{"NATTERJACK_LISTN": "x"}, usage: true, want: []string{"NATTERJACK_LISTN", "NATTERJACK_LISTEN"}},
		"bad variable":     {env: map[string]string{"NATTERJACK_SHARDS": "many"}, usage: true, want: []string{"NATTERJACK_SHARDS", "many"}},
		"bad log level":    {args: []string{"--log-level", "loud"}, usage: true, want: []string{"--log-level", "loud"}},
		"bad nats-listen":  {args: []string{"--nats-listen", "4222"}, usage: true, want: []string{"--nats-listen", "host:port"}},
		"no such file":     {args: []string{"--config", "/nonexistent/nats.conf"}, want: []string{"/nonexistent/nats.conf"}},
		"unknown key":      {text: "natterjack {\n  listn: \"x\"\n}", want: []string{"nats.conf:3: natterjack.listn: there is no such key", "listen"}},
		"unknown, in NATS": {text: "max_conections: 3", want: []string{"nats.conf:2", "max_conections"}},
		"limits":           {text: "natterjack { limits { frame_bytes: 7, group_members: 501, ping_interval_s: 0 } }", want: []string{"limits.frame_bytes: 7", "limits.group_members: 501", "limits.ping_interval_s: 0"}},
		"text in frame":    {text: "natterjack { limits { frame_bytes: 8KB, text_bytes: 9KB } }", want: []string{"limits.text_bytes: 9216 is not between 1 and 8192"}},
		"text in payload":  {text: "max_payload: 64KB", want: []string{"limits.text_bytes: 16384 is not between 1 and 10240"}},
		"listen":           {text: `natterjack { listen: "8080" }`, want: []string{`listen: "8080" is not host:port`}},
		"listen, port":     {text: `natterjack { listen: "127.0.0.1:http" }`, want: []string{"is not host:port"}},
		"tls":              {text: `natterjack { tls { cert: "c" } }`, want: []string{"tls: cert and key go together"}},
		"origins":          {text: `natterjack { origins: ["chat.example.com", "https://*.example.com", "https://a.example/x", "ftp://a.example"] }`, want: []string{`"chat.example.com"`, `"https://*.example.com"`, `"https://a.example/x"`, `"ftp://a.example"`}},
		"proxies":          {text: `natterjack { http { trusted_proxies: ["proxy.example", "10.0.0.0/33", "0.0.0.0/0", "10.0.0.1"] } }`, want: []string{`"proxy.example" is neither`, `"10.0.0.0/33" is neither`, `"0.0.0.0/0" is every address`}},
		"connections":      {text: "natterjack { http { connections: 2000000, guests: -1 } }", want: []string{"http.connections: 2000000 is not between", "http.guests: -1"}},
		"shards":           {args: []string{"--shards", "1000"}, want: []string{"shards: 1000 is not between 1 and 256"}},
		"replicas":         {args: []string{"--replicas", "3"}, want: []string{"replicas: 3 copies need a cluster"}},
		"log format":       {args: []string{"--log-format", "xml"}, want: []string{`log.format: "xml"`}},
		"cache":            {text: `natterjack { cache: 1MB }`, want: []string{"cache: 1048576 bytes"}},
		"drain":            {args: []string{"--drain", "1h"}, want: []string{"drain: 1h0m0s"}},
		"data":             {text: `natterjack { data: "" }`, want: []string{"data: is empty"}},
		"no jetstream":     {text: "jetstream: disabled", want: []string{"jetstream: is not enabled"}},
		"empty password":   {env: map[string]string{"NATTERJACK_SERVICE_PASSWORD": ""}, want: []string{"user service has no password"}},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			args := tt.args
			if tt.text != "" {
				args = append(args, "--config", file(t, tt.text))
			}
			c, err := Load(args, nil)
			if err == nil {
				t.Fatalf("no error: %+v", c)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no %q", err, want)
				}
			}
			if got := errors.Is(err, ErrUsage); got != tt.usage {
				t.Errorf("is about usage: %v, want %v: %v", got, tt.usage, err)
			}
		})
	}
}

// cluster is the complete configuration of a member of a cluster.
const cluster = `
server_name: n1
cluster { name: c, listen: 127.0.0.1:6222, routes: ["nats://127.0.0.1:6223"] }
natterjack { auth { key: "signing.pem" }, media { off: true } }
`

func TestLoad_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		text string
		want []string // empty: it starts
		sign bool     // there is a development sign-in
	}{
		"loopback":                      {sign: true},
		"loopback, v6":                  {args: []string{"--listen", "[::1]:0"}, sign: true},
		"loopback, turned off":          {text: "natterjack { auth { sign_in: false } }"},
		"loopback, own key":             {text: `natterjack { auth { key: "k.pem" } }`},
		"loopback, shared":              {text: `natterjack { auth { sign_in_dir: "data/secrets" } }`, sign: true},
		"shared beside a key":           {text: `natterjack { auth { key: "k.pem", sign_in_dir: "data/secrets" } }`, want: []string{"no development sign-in beside a key"}},
		"shared beside an issuer":       {text: `natterjack { auth { issuer: "https://id.example", audience: a, sign_in_dir: s } }`, want: []string{"no development sign-in beside a key"}},
		"shared, every interface":       {args: []string{"--listen", ":8080"}, text: `natterjack { auth { sign_in_dir: s } }`, want: []string{"auth.sign_in_dir", "neither auth.key"}},
		"loopback, issuer":              {text: `natterjack { auth { issuer: "https://id.example", audience: a } }`},
		"every interface":               {args: []string{"--listen", "0.0.0.0:8080"}, want: []string{"neither auth.key nor auth.issuer"}},
		"every interface, port only":    {args: []string{"--listen", ":8080"}, want: []string{"neither auth.key nor auth.issuer"}},
		"a name":                        {args: []string{"--listen", "chat.example.com:443"}, want: []string{"neither auth.key nor auth.issuer"}},
		"every interface, key":          {args: []string{"--listen", "0.0.0.0:8080"}, text: `natterjack { auth { key: "k.pem" } }`},
		"every interface, issuer":       {args: []string{"--listen", ":8080"}, text: `natterjack { auth { issuer: "https://id.example", audience: a } }`},
		"NATS on every interface":       {args: []string{"--nats-listen", "0.0.0.0:4222"}},
		"anonymous NATS on the network": {args: []string{"--nats-listen", "0.0.0.0:4222"}, text: "no_auth_user: service", want: []string{"no_auth_user"}},
		"monitoring on the network":     {text: "http: 0.0.0.0:8222", want: []string{"monitoring asks for no password"}},
		"several at once":               {args: []string{"--listen", ":8080"}, text: "http: 0.0.0.0:8222", want: []string{"monitoring", "neither auth.key"}},
		"cluster, no name":              {text: strings.Replace(cluster, "server_name: n1", "", 1), want: []string{"server_name: in a cluster"}},
		"cluster, made passwords":       {text: cluster, want: []string{"set NATTERJACK_OPERATOR_PASSWORD, NATTERJACK_SERVICE_PASSWORD, NATTERJACK_SYS_PASSWORD"}},
		"cluster, made key":             {text: strings.Replace(cluster, "natterjack", "#", 1), want: []string{"must take the same tokens"}},
		"cluster open to all":           {text: strings.ReplaceAll(cluster, "listen: 127.0.0.1", "listen: 0.0.0.0"), want: []string{"anybody on the network could join as a node"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := tt.args
			if tt.text != "" {
				args = append(args, "--config", file(t, tt.text))
			}
			c, err := Load(args, nil)
			if len(tt.want) == 0 {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				if c.SignIn != tt.sign {
					t.Errorf("development sign-in: %v, want %v", c.SignIn, tt.sign)
				}
				return
			}
			if err == nil {
				t.Fatal("not refused")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no %q", err, want)
				}
			}
		})
	}
}

func TestLoad_ClusterWithAllItsSecrets(t *testing.T) {
	for _, user := range shippedUsers {
		t.Setenv(variable(user), "1234")
	}
	c, err := Load([]string{"--config", file(t, cluster)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Replicas != 3 || c.SignIn {
		t.Errorf("%d replicas, sign-in %v; want 3 copies in a cluster, and no sign-in beside a key", c.Replicas, c.SignIn)
	}
	c, err = Load([]string{"--config", file(t, strings.Replace(cluster, `key: "signing.pem"`, `sign_in_dir: "secrets"`, 1))}, nil)
	if err != nil || !c.SignIn {
		t.Errorf("with a shared secret: sign-in %v, %v", c.SignIn, err)
	}
	for _, u := range c.NATS.Users {
		if u.Password != "1234" {
			t.Errorf("the password of %s is %q, want the digits as they are", u.Username, u.Password)
		}
	}
}

func TestPasswords_OnlyWhatIsMissing(t *testing.T) {
	t.Setenv("NATTERJACK_OPERATOR_PASSWORD", "from-the-environment")
	c, err := Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	if err := c.Passwords(func(name string) (string, error) {
		asked = append(asked, name)
		return "made-for-" + name, nil
	}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, u := range c.NATS.Users {
		got[u.Username] = u.Password
	}
	want := map[string]string{"service": "made-for-service", "operator": "from-the-environment", "sys": "made-for-sys"}
	if diff := cmp.Diff(want, got); diff != "" || len(asked) != 2 {
		t.Errorf("asked for %v, -want +got:\n%s", asked, diff)
	}
	broken := errors.New("disk on fire")
	again, err := Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Passwords(func(string) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("Passwords: %v, want %v", err, broken)
	}
}

func TestLoad_Warns(t *testing.T) {
	c, err := Load([]string{"--listen", ":8080", "--nats-listen", ":4222", "--config", file(t, "jetstream { sync_interval: 1m }\nnatterjack { auth { key: k } }")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(c.Warnings, "\n")
	for _, want := range []string{"power cut", "tokens cross the network", "passwords of NATS clients"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning of %q in:\n%s", want, all)
		}
	}
}

func TestLoad_Help(t *testing.T) {
	for _, arg := range []string{"--help", "--version"} {
		var out bytes.Buffer
		if _, err := Load([]string{arg}, &out); !errors.Is(err, ErrHelp) {
			t.Errorf("%s: %v, want %v", arg, err, ErrHelp)
		}
		if want := map[string]string{"--help": "NATTERJACK_NATS_LISTEN", "--version": natterjack.Version}[arg]; !strings.Contains(out.String(), want) {
			t.Errorf("%s prints no %q:\n%s", arg, want, &out)
		}
	}
}

func FuzzSettings(f *testing.F) {
	for _, text := range []string{`listen: ":1"`, `log { level: "info+3" }`, `limits { frame_bytes: 1e9 }`, `origins: [a, {b: c}]`, "drain: 5s", `tls { cert: "x" }`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") || strings.Contains(text, "$") {
			return // it would read files or the environment
		}
		path := filepath.Join(t.TempDir(), "nats.conf")
		if err := os.WriteFile(path, []byte("accounts { CHAT { jetstream: enabled } }\njetstream {}\nlisten: 127.0.0.1:4222\nnatterjack {\n"+text+"\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load([]string{"--config", path}, nil)
		if err != nil {
			return
		}
		if err := c.check(); err != nil {
			t.Errorf("loaded, and checked again: %v", err)
		}
	})
}

func TestDefaultShards(t *testing.T) {
	for _, tt := range []struct {
		cores     int
		clustered bool
		want      int
	}{{1, false, 2}, {2, false, 2}, {3, false, 4}, {64, false, 4}, {2, true, 4}} {
		if got := defaultShards(tt.cores, tt.clustered); got != tt.want {
			t.Errorf("%d cores, clustered %v: %d shards, want %d", tt.cores, tt.clustered, got, tt.want)
		}
	}
}
