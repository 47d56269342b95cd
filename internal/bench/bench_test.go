package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"natterjack/internal/bench/internal/find"
	"natterjack/internal/nodeproc"
	"natterjack/server/wire"
)

func TestResult_IsOneFlatLine(t *testing.T) {
	var out bytes.Buffer
	err := writeLines(&out, []result{
		{Name: "send-1", Value: 2345.6789, Unit: "sends/s", Bare: 2000, Higher: true, More: []metric{{"ack_p50_ms", 0.123456}, {"n", 0}}},
		{Name: "alone", Value: 3, Unit: "s", Bare: math.NaN()},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"send-1","value":2346,"unit":"sends/s","bare":2000,"ratio":1.173,"better":"higher","ack_p50_ms":0.1235,"n":0}
{"name":"alone","value":3,"unit":"s","bare":null,"ratio":null,"better":"lower"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func TestNumber_FourDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.00012345: "0.0001234", 9.9999: "10", 12345.6: "12346", -1.5: "-1.5", 100: "100", 1e7: "10000000", math.Inf(1): "null",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestTable_AlignsAndWraps(t *testing.T) {
	more := make([]metric, 12)
	for i := range more {
		more[i] = metric{"some_figure_ms", float64(i)}
	}
	var out bytes.Buffer
	if err := writeTable(&out, []result{
		{Name: "a", Value: 1, Unit: "ms", Bare: 2, More: more},
		{Name: "a-long-name", Value: 1000, Unit: "sends/s", Bare: 500, Higher: true},
	}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	at := strings.Index(lines[0], "ratio")
	for i, want := range []string{"ratio", "0.5", "2"} {
		if !strings.HasPrefix(lines[i][at:], want+" ") {
			t.Errorf("line %d has no %s in column %d: %s", i, want, at, lines[i])
		}
	}
	for _, line := range lines {
		if len(line) > 110 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
	if got := strings.Count(out.String(), "some_figure_ms"); got != len(more) {
		t.Errorf("%d figures are shown, want %d", got, len(more))
	}
}

func TestMedians_OfEachFigure(t *testing.T) {
	runs := make([]figures, 3)
	for i, v := range []float64{5, 1, 3} {
		runs[i].add("a", v)
		runs[i].add("b", 10*v)
	}
	want := []metric{{"a", 3}, {"b", 30}}
	if diff := cmp.Diff(want, medians(runs)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]metric{{"b", 30}}, without(want, "a")); diff != "" {
		t.Error(diff)
	}
}

func TestChoose(t *testing.T) {
	all, err := choose(nil)
	if err != nil || len(all) != len(suite()) {
		t.Errorf("%d of %d, %v", len(all), len(suite()), err)
	}
	two, err := choose([]string{"idle-10000", "send-1"})
	if err != nil || len(two) != 2 || two[0].name != "send-1" {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := choose([]string{"send-2"}); err == nil || !strings.Contains(err.Error(), "send-1000") {
		t.Errorf("an unknown name: %v, want a list of the known", err)
	}
}

// TestMain acts as the relay of this package's tests if the process was started as one.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "--role" {
		os.Exit(runTests(m))
	}
	main()
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "natterjack-bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	server = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "natterjack")
		return path, nodeproc.Build(context.Background(), path, nodeproc.Server)
	})
	return m.Run()
}

// server builds the server once, for all tests.
var server func() (path string, err error)

// printed runs benchmarks with that server and returns what is printed.
func printed(t *testing.T, c *Cmd, chosen []benchmark) string {
	t.Helper()
	if c.Binary == "" {
		var err error
		if c.Binary, err = server(); err != nil {
			t.Fatal(err)
		}
	}
	var out, log bytes.Buffer
	if err := c.run(t.Context(), chosen, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	t.Log(log.String())
	return out.String()
}

// Runs the whole suite at a small size, with real servers in their own processes, and checks
// the output. No test checks whether the figures are good.
func TestRun_MeasuresTheRealServer(t *testing.T) {
	t.Parallel()
	c := &Cmd{Runs: 1, Time: time.Second, WarmUp: 0, Nodes: 1, Channels: 200, SignIns: 5}
	chosen, err := choose([]string{"send-100", "latency-500", "sign-in", "history", "restart", "rebuild", "push"})
	if err != nil {
		t.Fatal(err)
	}
	chosen = append(chosen, benchmark{"idle-200", idle(200)})
	want := []string{"send-100", "send-100-batches", "latency-500", "sign-in", "push", "history-cold", "history-warm", "restart", "rebuild", "idle-200", "idle-200-tuned"}
	if diff := cmp.Diff(want, measured(t, c, chosen)); diff != "" {
		t.Error(diff)
	}
}

// Runs the benchmarks that mostly wait: a lease is renewed every five seconds, and a user who
// has gone is shown offline after five seconds.
func TestRun_MeasuresWhoIsThere(t *testing.T) {
	t.Parallel()
	c := &Cmd{Runs: 1, Time: 2 * time.Second, Settle: 6 * time.Second, Changes: 100, Sessions: 20}
	chosen := []benchmark{{"fanout-20-live", fanoutLive(20, 20)}, {"presence", presence}}
	want := []string{"fanout-20-live", "presence-changes", "presence-idle"}
	if diff := cmp.Diff(want, measured(t, c, chosen)); diff != "" {
		t.Error(diff)
	}
}

// Runs the benchmark of decisions, which needs the users of a large group.
func TestRun_MeasuresDecisions(t *testing.T) {
	t.Parallel()
	c := &Cmd{Runs: 1, Time: time.Second}
	if diff := cmp.Diff([]string{"push-decide"}, measured(t, c, []benchmark{{"push-decide", decisions}})); diff != "" {
		t.Error(diff)
	}
}

// Runs the benchmark of search, which has no server. Of few messages, few hits are in one channel.
func TestRun_MeasuresSearch(t *testing.T) {
	t.Parallel()
	c := &Cmd{Runs: 1, Time: time.Second, Messages: find.Least, Binary: "none"}
	all := measured(t, c, []benchmark{{"search", search}})
	if want := 1 + len(find.Kinds)*len(find.Spreads); len(all) != want || all[0] != "search-index" {
		t.Errorf("%d results, want %d: %v", len(all), want, all)
	}
}

// measured runs benchmarks and returns the names of their results. It checks that every result
// has a figure.
func measured(t *testing.T, c *Cmd, chosen []benchmark) (names []string) {
	t.Helper()
	for line := range strings.Lines(printed(t, c, chosen)) {
		if !strings.HasPrefix(line, "{") {
			break
		}
		var r struct {
			Name               string
			Value, Bare, Ratio float64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Value <= 0 || r.Bare <= 0 || r.Ratio <= 0 {
			t.Errorf("nothing was measured: %s", line)
		}
		names = append(names, r.Name)
	}
	return names
}

// figuresOf runs a benchmark with one result and returns its figures by name.
func figuresOf(t *testing.T, c *Cmd, b benchmark) map[string]float64 {
	t.Helper()
	line, _, _ := strings.Cut(printed(t, c, []benchmark{b}), "\n")
	var all map[string]any
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]float64)
	for name, value := range all {
		if number, ok := value.(float64); ok {
			found[name] = number
		}
	}
	return found
}

func TestCmd_RefusesWhatCannotBe(t *testing.T) {
	for _, args := range [][]string{
		{"--nodes", "2"},
		{"--role", "king"},
		{"--runs", "0"},
		{"--time", "1ms"},
		{"--settle", "1h"},
		{"--sign-ins", "0"},
		{"--changes", "0"},
		{"--sessions", "0"},
		{"--messages", "0"},
		{"no-such-benchmark"},
	} {
		if run(t.Context(), args, kong.Writers(io.Discard, io.Discard)) == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

// The shipped configuration must have the lines that a benchmark changes. Otherwise a benchmark
// would measure something else.
func TestShipped_CanBeChanged(t *testing.T) {
	r := &rig{cmd: &Cmd{NoFsync: true}, dir: t.TempDir()}
	config, err := r.shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sync_interval: 2m", "listen: 127.0.0.1:-1\n", " commands_per_s: 100000", "user_commands_per_s: 100000", "channel_events_per_s: 100000"} {
		if !strings.Contains(config, want) {
			t.Errorf("no %q in the configuration", want)
		}
	}
	r.cmd.NoFsync = false
	members, err := r.plan(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range members {
		for _, want := range []string{"sync_interval: always", "replicas: 3", fmt.Sprintf("server_name: n%d", i+1), "sign_in_dir"} {
			if !strings.Contains(m.config, want) {
				t.Errorf("no %q in the configuration of member %d", want, i)
			}
		}
	}
	if _, err := change("a b a", [2]string{"a", "c"}); err == nil {
		t.Error("a text that is there twice was changed")
	}
}

// A plan has at most as many changes as were asked for, but at least those of one user.
func TestPlan_OfPresence(t *testing.T) {
	for changes, want := range map[int][2]int{1: {1, 1}, 100: {1, 10}, 2000: {1, 200}, 10_000: {2, 500}, 100_000: {5, 2000}} {
		waves, users := plan(changes)
		if got := [2]int{waves, users}; got != want {
			t.Errorf("plan(%d) = %v, want %v", changes, got, want)
		}
	}
	before := wire.PresenceOnline
	for _, state := range toggles {
		if state == before {
			t.Errorf("%s is no change", state)
		}
		before = state
	}
	if before == wire.PresenceOnline || before == wire.PresenceOffline || before == wire.PresenceInvisible {
		t.Errorf("that all are %s at the end cannot be told from before or after", before)
	}
}

// The ramp finds the highest rate of any server to a sixteenth, in few tries.
func TestRamp_FindsTheHighestRate(t *testing.T) {
	for limit := 100; limit < 200_000; limit += 37 {
		tries := 0
		got, err := ramp(func(rate int) (bool, error) { tries++; return rate <= limit, nil })
		if err != nil || tries > 15 {
			t.Fatalf("limit %d: %d tries, %v", limit, tries, err)
		}
		want := min(limit, rampMost)
		if limit < rampLeast && got == 0 {
			continue
		}
		if got > want || want-got > want/rampGap+1 {
			t.Fatalf("found %d, want %d", got, want)
		}
	}
	if _, err := ramp(func(int) (bool, error) { return false, context.Canceled }); err == nil {
		t.Error("a rate that could not be tried was taken for one that does not hold")
	}
}

// In any six seconds a typist types and changes their state, whichever second they begin in.
// While typing they say so every three seconds.
func TestTypistTurn(t *testing.T) {
	typed := 0
	state := wire.PresenceState("")
	for second := range 12 {
		for _, command := range typistTurn("c", second) {
			switch c := command.(type) {
			case wire.SetTyping:
				typed++
			case wire.SetPresence:
				if c.State == state {
					t.Errorf("second %d: %s again is no change", second, state)
				}
				state = c.State
			}
		}
	}
	if typed != 4 || state != wire.PresenceOnline {
		t.Errorf("typed %d times in 12 seconds and is %s", typed, state)
	}
}

func TestSince_CountsNewStreams(t *testing.T) {
	if got := since(map[string]uint64{"a": 5, "gone": 9}, map[string]uint64{"a": 7, "b": 3}); got != 5 {
		t.Errorf("since: %d, want 5", got)
	}
}
