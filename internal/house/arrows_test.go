package house

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrow says which packages of this module the packages under a path may import, and which
// other modules they may not import.
type arrow struct {
	from   string
	may    []string // in the module; packages below from are always allowed
	not    []string // import paths of others
	reason string
}

const natsIO = "github.com/nats-io/"

// For each package, the first arrow whose path contains it counts.
var arrows = []arrow{
	{from: "", not: []string{natsIO, "net", "net/http"}, reason: "the module's root holds what is shipped, and does nothing"},
	{from: "server/wire", not: []string{natsIO, "net/http", "github.com/coder/"}, reason: "the protocol is encoding and validation, nothing else"},
	{from: "jetstream/channel", may: []string{"server/wire"}, not: []string{natsIO, "net", "os", "log/slog"}, reason: "the rules of a channel are pure"},
	{from: "jetstream/view", may: []string{"server/wire", "jetstream/channel", "jetstream/internal"}, not: []string{natsIO}, reason: "a view is fed, it does not fetch"},
	{from: "jetstream/operation", may: []string{"server/wire"}, not: []string{natsIO}, reason: "who asks and who answers meet here, over whatever transport"},
	{
		from: "jetstream/internal/write", may: []string{"server/wire", "jetstream/channel", "jetstream/view", "jetstream/rate", "jetstream/internal"},
		reason: "the write path knows the view and the rules; all else is handed in",
	},
	{from: "jetstream", may: []string{"server/wire"}, reason: "the log knows the protocol and nobody who serves it"},
	{from: "search", may: []string{"server/wire"}, not: []string{natsIO}, reason: "a consumer of the log"},
	{from: "embed/embedtest", may: []string{"embed", "internal/nodeproc"}, reason: "servers of tests take the ports that processes of tests take"},
	{from: "embed", reason: "the engine knows nothing of chat"},
	{from: "clients/go", may: []string{"server/wire"}, not: []string{natsIO}, reason: "an SDK that drags in a server is none"},
	{from: "clients/cli", may: []string{"server/wire", "clients/go"}, not: []string{natsIO}, reason: "a client needs no server inside"},
	{from: "clients/internal", may: []string{"server/wire", "internal/nodeproc"}, not: []string{natsIO}, reason: "clients meet a server as a process"},
	{from: "server/cluster", may: []string{"server/internal", "internal/nodeproc", "embed/s3"}, not: []string{natsIO}, reason: "it runs the server as a process"},
	{from: "server", may: []string{"jetstream", "search", "embed"}, not: []string{natsIO}, reason: "only jetstream and embed speak NATS"},
	{from: "internal", may: []string{"server/wire", "server/internal", "clients", "embed", "jetstream", "search"}, reason: "tools and tests of the repository"},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		i := slices.IndexFunc(arrows, func(a arrow) bool { return below(p.within(), a.from) })
		if i < 0 {
			t.Errorf("%s: no arrow speaks of it", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if why := arrows[i].forbids(imported); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, why)
			}
		}
	}
}

func TestOnlyWireOfServerIsImported(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			path, ours := strings.CutPrefix(imported, module+"/")
			if ours && below(path, "server") && path != "server/wire" && !below(p.within(), "server") && !below(p.within(), "internal") {
				t.Errorf("%s imports %s: of server, only wire is anybody else's business", p.ImportPath, imported)
			}
		}
	}
}

func TestOnlyTheStoreSpeaksS3(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "github.com/minio/") && p.within() != "server/internal/media/store" && !below(p.within(), "internal/bench") {
				t.Errorf("%s imports %s: media storage is the business of server/internal/media/store, and of the benches, which measure it bare", p.ImportPath, imported)
			}
		}
	}
}

// TestOnlyBenchesUseSQLite shows that the index is Bleve's alone. SQLite is there to compare.
func TestOnlyBenchesUseSQLite(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "modernc.org/") && !below(p.within(), "internal/bench") {
				t.Errorf("%s imports %s: only the benches compare with SQLite", p.ImportPath, imported)
			}
		}
	}
}

// TestTheTerminalClientIsSmall shows that natter links only the protocol, the SDK and their
// dependencies: neither the engine nor the log.
func TestTheTerminalClientIsSmall(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "./clients/cli")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		path, ours := strings.CutPrefix(dep, module+"/")
		if strings.HasPrefix(dep, natsIO) || ours && !below(path, "clients") && path != "server/wire" {
			t.Errorf("natter links %s", dep)
		}
	}
}

func (a arrow) forbids(imported string) string {
	if path, ours := strings.CutPrefix(imported, module+"/"); ours {
		if below(path, a.from) || slices.ContainsFunc(a.may, func(m string) bool { return below(path, m) }) {
			return ""
		}
		return a.reason
	}
	for _, n := range a.not {
		if imported == n || strings.HasPrefix(imported, strings.TrimSuffix(n, "/")+"/") {
			return a.reason
		}
	}
	return ""
}

func below(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
