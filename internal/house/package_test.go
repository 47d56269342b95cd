package house

import (
	"regexp"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		first := "Package " + p.Name + " "
		if p.Name == "main" {
			first = "Command "
		}
		if !strings.HasPrefix(p.Doc, first) {
			t.Errorf("%s: its doc begins %.40q, want %q", p.ImportPath, p.Doc, first)
		}
	}
}

func TestModulesArePinnedAndOurs(t *testing.T) {
	mod := read(t, "go.mod")
	for _, directive := range []string{"replace", "exclude", "tool", "toolchain"} {
		if regexp.MustCompile(`(?m)^` + directive + `\b`).MatchString(mod) {
			t.Errorf("go.mod has a %s directive: a build from a clean clone must not need it", directive)
		}
	}
	for module, version := range map[string]string{
		"github.com/nats-io/nats-server/v2": "v2.15.2",
		"github.com/nats-io/nats.go":        "v1.55.0",
		"github.com/coder/websocket":        "v1.8.15",
	} {
		if !strings.Contains(mod, module+" "+version+"\n") && !strings.Contains(mod, module+" "+version+" //") {
			t.Errorf("go.mod does not have %s %s: what was measured was measured with it", module, version)
		}
	}
}
