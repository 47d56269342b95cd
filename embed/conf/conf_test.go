package conf_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/conf"
)

type limits struct {
	Frames int `json:"frames,omitzero"`
}

type settings struct {
	Listen  string        `conf:"listen"`
	Secure  bool          `conf:"secure"`
	Origins []string      `conf:"origins"`
	Wait    time.Duration `conf:"wait"`
	Level   slog.Level    `conf:"level"`
	Limits  limits        `conf:"limits"`
	Ours    string
}

func read(t *testing.T, s conf.Source) (settings, error) {
	t.Helper()
	s.Block = "natterjack"
	got := settings{Listen: "default", Ours: "untouched"}
	block, opts, _, err := s.Read()
	if err != nil {
		return got, err
	}
	if opts.ServerName != "n1" {
		t.Errorf("server_name is %q, want n1: the NATS server did not read its part", opts.ServerName)
	}
	return got, block.Decode(&got)
}

func TestRead(t *testing.T) {
	t.Setenv("CONF_TEST_LISTEN", "10.0.0.1:80")
	for name, tt := range map[string]struct {
		text string
		want settings
	}{
		"no block":    {"", settings{Listen: "default"}},
		"empty block": {"natterjack {}", settings{Listen: "default"}},
		"everything": {
			`natterjack {
			   listen: "a:1"; secure: on # a comment with a brace }
			   origins = [ "https://a.example", 'https://b.example' ]
			   wait: 90s, level: debug
			   // another }
			   limits { frames: 64KB }
			 }`,
			settings{Listen: "a:1", Secure: true, Origins: []string{"https://a.example", "https://b.example"}, Wait: 90 * time.Second, Level: slog.LevelDebug, Limits: limits{Frames: 64 << 10}},
		},
		"braces in strings":           {`natterjack { listen: "}{", origins: '}' }`, settings{Listen: "}{", Origins: []string{"}"}}},
		"a block of text":             {"natterjack {\n listen: (\n}{\n)\n}", settings{Listen: "\n}{\n"}},
		"as JSON":                     {`"natterjack": {"listen": "a:1", "secure": true}`, settings{Listen: "a:1", Secure: true}},
		"one origin, no list":         {`natterjack { origins: "https://a.example" }`, settings{Listen: "default", Origins: []string{"https://a.example"}}},
		"variable of the file":        {"ADDRESS: \"b:2\"\nnatterjack { listen: $ADDRESS }", settings{Listen: "b:2"}},
		"variable of the environment": {`natterjack { listen: $CONF_TEST_LISTEN }`, settings{Listen: "10.0.0.1:80"}},
		"the later counts":            {"natterjack { listen: \"a:1\" }\nnatterjack { secure: true }", settings{Listen: "default", Secure: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, conf.Source{Text: "server_name: n1\n" + tt.text + "\n"})
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Ours = "untouched"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRead_Errors(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"unknown key":        {"natterjack {\n listen: \"a:1\"\n listn: \"b:2\"\n}", []string{"line 4: natterjack.listn: there is no such key; there are listen, secure,"}},
		"unknown keys":       {"natterjack { b: 1, a: 2 }", []string{"natterjack.a: there is", "natterjack.b: there is"}},
		"unknown, deeper":    {"natterjack { limits { frmes: 1 } }", []string{"natterjack.limits.frmes: there is no such key; there are frames"}},
		"case counts":        {"natterjack { Listen: \"a:1\" }", []string{"natterjack.Listen: there is"}},
		"case of the block":  {"Natterjack { listen: \"a:1\" }", []string{`:2:`, `unknown field "Natterjack"`}},
		"of the NATS server": {"cluster { naem: x }", []string{`unknown field "naem"`}},
		"block elsewhere":    {"natterjack {}\ncluster { natterjack {} }", []string{`:3:11: unknown field "natterjack"`}},
		"no block":           {"natterjack: 7", []string{"line 2: natterjack: must be a block: natterjack { … }"}},
		"no string":          {"natterjack { listen: 8080 }", []string{"natterjack.listen: must be a string, not a number"}},
		"no number":          {"natterjack { limits { frames: \"many\" } }", []string{"natterjack.limits.frames: must be a number, not a string"}},
		"fraction":           {"natterjack { limits { frames: 1.5 } }", []string{"must be a number, not a fraction"}},
		"huge":               {"natterjack { limits { frames: 3G } }", []string{"3000000000 is out of range"}},
		"no bool":            {"natterjack { secure: \"maybe\" }", []string{"must be true or false, not a string"}},
		"no duration":        {"natterjack { wait: 5 }", []string{"natterjack.wait: must be a duration"}},
		"bad duration":       {"natterjack { wait: soon }", []string{`"soon" is not a duration`}},
		"bad level":          {"natterjack { level: loud }", []string{"natterjack.level: ", "loud"}},
		"date for a level":   {"natterjack { level: 2026-01-01T00:00:00Z }", []string{"must be a string, not a date"}},
		"list in a list":     {"natterjack { origins: [ [ \"a\" ] ] }", []string{"natterjack.origins[0]: must be a string, not a list"}},
		"no such variable":   {"natterjack { listen: $CONF_TEST_MISSING }", []string{"CONF_TEST_MISSING", "line 2"}},
		"not closed":         {"natterjack {", []string{"configuration: ", "line"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, conf.Source{Text: "server_name: n1\n" + tt.text + "\n"})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q\nhas no %q", err, want)
				}
			}
		})
	}
}

func TestRead_FileWithIncludes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("shared/limits.conf", "frames: 7\n")
	write("shared/base.conf", "server_name: base\nnatterjack {\n secure: true\n limits { include limits.conf }\n}\n")
	main := write("n1.conf", "include shared/base.conf\nserver_name: n1\n")

	got, err := read(t, conf.Source{Path: main})
	if err != nil {
		t.Fatal(err)
	}
	if want := (settings{Listen: "default", Ours: "untouched", Secure: true, Limits: limits{Frames: 7}}); !cmp.Equal(want, got) {
		t.Errorf("-want +got:\n%s", cmp.Diff(want, got))
	}

	write("shared/limits.conf", "frames: 7\n\nfrmes: 8\n")
	if _, err = read(t, conf.Source{Path: main}); err == nil || !strings.Contains(err.Error(), "limits.conf:3: natterjack.limits.frmes") {
		t.Errorf("error %v does not say where in the included file", err)
	}
	if _, err = read(t, conf.Source{Path: filepath.Join(dir, "missing.conf")}); err == nil || !strings.Contains(err.Error(), "missing.conf") {
		t.Errorf("error %v does not name the missing file", err)
	}
}

func TestRead_VarsAreTakenLiterally(t *testing.T) {
	text := "server_name: n1\naccounts { A { users: [ {user: u, password: $CONF_TEST_PASSWORD} ] } }\n"
	for _, password := range []string{"1234", "true", `a"b\c`, "x # y }", "1e5", "$HOME", "tab\tand 'quotes'", "päß"} {
		source := conf.Source{Text: text, Block: "natterjack", Vars: map[string]string{"CONF_TEST_PASSWORD": password}}
		_, opts, _, err := source.Read()
		if err != nil {
			t.Errorf("%q: %v", password, err)
			continue
		}
		if got := opts.Users[0].Password; got != password {
			t.Errorf("password is %q, want %q", got, password)
		}
	}
	if v, ok := os.LookupEnv("CONF_TEST_PASSWORD"); ok {
		t.Errorf("the variable stays in the environment as %q", v)
	}
}

func TestRead_VarsRestoreTheEnvironment(t *testing.T) {
	t.Setenv("CONF_TEST_NAME", "before")
	source := conf.Source{Text: "server_name: $CONF_TEST_NAME\n", Block: "natterjack", Vars: map[string]string{"CONF_TEST_NAME": "n1"}}
	_, opts, _, err := source.Read()
	if err != nil {
		t.Fatal(err)
	}
	if opts.ServerName != "n1" || os.Getenv("CONF_TEST_NAME") != "before" {
		t.Errorf("read %q, left %q; want n1, before", opts.ServerName, os.Getenv("CONF_TEST_NAME"))
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", "natterjack {}", "natterjack { listen: \"a:1\", limits { frames: 64KB } }", "natterjack: 1", "natterjack { origins: [a, 'b'] }",
		"natterjack { wait: 1s level: info }", "{natterjack {", "natterjack {\n listen: (\n}\n)\n}", "natterjack {} natterjack { secure: yes }",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") || strings.Contains(text, "$") {
			return // it would read files or the environment
		}
		block, _, _, err := conf.Source{Text: text, Block: "natterjack"}.Read()
		if err != nil {
			return
		}
		var s settings
		if err := block.Decode(&s); err != nil && !strings.Contains(err.Error(), "natterjack") {
			t.Errorf("error without its key: %v", err)
		}
	})
}
