package conversation

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// full is set by the same variable as for the other fault tests. It asks for the long run.
var full = os.Getenv("NATTERJACK_CHAOS") == "full"

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "natterjack-conversation-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// TestConversations drives random operations against the real server and the model at once.
// Everything that the one node has acknowledged must show at once, to every user.
func TestConversations(t *testing.T) {
	check(t, goSDK{}, 1, amount{40, 30}, amount{60, 200})
}

// TestConversations_cluster does the same on three nodes, with the devices spread over them,
// and kills a node in the middle of a run.
func TestConversations_cluster(t *testing.T) {
	check(t, goSDK{}, 3, amount{2, 80}, amount{12, 200})
}

// typeScriptKey is the variable that says that the TypeScript SDK is built, as .ci/ts does.
const typeScriptKey = "NATTERJACK_TYPESCRIPT"

// TestConversations_typeScript does the same with devices whose client is the TypeScript SDK, and
// others whose client is the Go SDK, so that people talk across the two.
func TestConversations_typeScript(t *testing.T) {
	if os.Getenv(typeScriptKey) == "" {
		t.Skip("THE TYPESCRIPT SDK IS NOT TESTED HERE: it needs Node.js and a build of the SDK; run .ci/ts")
	}
	check(t, &both{of: [...]sdk{goSDK{}, startTypeScript(t)}}, 1, amount{20, 30}, amount{60, 200})
}

// TestConversations_typeScriptCluster does so on three nodes, one of which is killed.
func TestConversations_typeScriptCluster(t *testing.T) {
	if os.Getenv(typeScriptKey) == "" {
		t.Skip("THE TYPESCRIPT SDK IS NOT TESTED HERE: it needs Node.js and a build of the SDK; run .ci/ts")
	}
	check(t, &both{of: [...]sdk{goSDK{}, startTypeScript(t)}}, 3, amount{2, 80}, amount{12, 200})
}

// amount is how much is checked: about this many runs, of this many steps each.
type amount struct{ checks, steps int }

// check makes a short run or a full one, unless rapid's flags set the amount.
func check(t *testing.T, with sdk, nodes int, short, long amount) {
	t.Helper()
	much := short
	if full {
		much = long
	}
	byDefault(t, "rapid.checks", much.checks)
	byDefault(t, "rapid.steps", much.steps)
	s := startServers(t, nodes, with)
	rapid.Check(t, func(rt *rapid.T) {
		s.restart() // if the check before has failed
		w := newWorld(t, rt, s)
		defer w.close()
		rt.Repeat(w.steps())
		w.finish(rt)
	})
	t.Logf("%d steps, %d nodes killed", s.steps, s.kills)
}

// byDefault sets a flag for a test, unless it is set already.
func byDefault(t *testing.T, name string, value int) {
	t.Helper()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	if set {
		return
	}
	f := flag.Lookup(name)
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	if err := f.Value.Set(strconv.Itoa(value)); err != nil {
		t.Fatal(err)
	}
}
