package chaos_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"natterjack/internal/nodetest"
)

// patience bounds every wait for something that must happen. It allows for a loaded machine;
// waits are usually much shorter.
const patience = 90 * time.Second

const modeEnv = "NATTERJACK_CHAOS"

var (
	seedFlag = flag.Uint64("seed", 0, "make the same plan as the run that logged this seed; 0 is a new one")
	raceFlag = flag.Bool("race-server", false, "build the server with the race detector, which makes it several times slower")
	full     = os.Getenv(modeEnv) == "full" // runs everything, however long it takes
	scratch  string
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeEnv); mode != "" && mode != "full" && mode != "short" {
		fmt.Fprintf(os.Stderr, "%s is %q, neither full nor short\n", modeEnv, mode)
		os.Exit(2)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "natterjack-chaos-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// newPlan returns the source of randomness for a test's plan.
func newPlan(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1_000_000)
	}
	t.Logf("for the same plan: go test ./server/chaos -run '^%s$' -seed %d", t.Name(), seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// sometimes returns inFull in the full run, and inShort in the short run.
func sometimes[T any](inFull, inShort T) T {
	if full {
		return inFull
	}
	return inShort
}

// beside lets a test run beside others in the short run, since it mostly waits. Tests that measure
// how soon something happens do not call it.
func beside(t *testing.T) {
	t.Helper()
	if !full {
		t.Parallel()
	}
}

// The builds of the server: the shipped one, one that can be killed at named points, and one of
// an imaginary next version, which knows a higher level of the log. The short run uses only the
// second.
var (
	shipped   = sync.OnceValues(func() (string, error) { return build("natterjack") })
	crashable = sync.OnceValues(func() (string, error) { return build("natterjack-crashpoint", "-tags", "crashpoint") })
	next      = sync.OnceValues(func() (string, error) { return build("natterjack-next", "-tags", "nextlevel") })
)

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(scratch, name)
	return path, nodetest.Build(path, append(flags, fmt.Sprintf("-race=%t", *raceFlag))...)
}
