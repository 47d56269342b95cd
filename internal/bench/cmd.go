package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/find"
)

// The subjects of the targets: history, rebuild and restart, and presence.
const (
	fullChannels = 100_000
	fullChanges  = 100_000
	fullSessions = 10_000
	fullSize     = 1_000_000
	fullAttack   = 10_000
	fullMessages = 1_000_000
)

// Cmd is the command line.
type Cmd struct {
	Names     []string      `arg:"" optional:"" name:"name" help:"Benchmarks to run; without any, all of them: ${benchmarks}."`
	Runs      int           `default:"3" help:"Runs of each; the medians are reported."`
	Time      time.Duration `default:"8s" help:"Length of a run that has a rate."`
	WarmUp    time.Duration `default:"2s" help:"Time before a run that is not counted."`
	Settle    time.Duration `default:"20s" help:"Time for idle connections to settle."`
	Nodes     int           `default:"1" enum:"1,3" help:"Servers in a cluster, for send-*, latency-* and sustained."`
	NoFsync   bool          `help:"Without sync_interval: always."`
	Channels  int           `default:"10000" help:"Channels of history and rebuild, with 50 messages each; restart has ten times as many, with one."`
	SignIns   int           `default:"100" help:"Sign-ins of each user of sign-in, who is in up to 5,000 channels."`
	Changes   int           `default:"10000" help:"Changes of presence."`
	Sessions  int           `default:"2000" help:"Idle sessions of presence."`
	Size      int           `default:"100000" help:"Channels of size, with 12 messages each."`
	Attackers int           `default:"2000" help:"Hostile connections of the benchmark hostile."`
	Messages  int           `default:"100000" help:"Messages of search."`
	Full      bool          `help:"The largest sizes that the benchmarks are built for: 100,000 channels, which are 5 M messages, and 1 M for restart; 100,000 changes of presence; 10,000 idle sessions for a minute; 12 M messages in 1 M channels for size; 10,000 attackers; 1 M messages for search."`
	Fixture   string        `type:"path" placeholder:"DIR" help:"Keep the filled stores here and use them again."`
	Binary    string        `type:"path" placeholder:"FILE" help:"The server's program, if it is built already."`
	Role      string        `hidden:"" enum:",relay,attack,decoy,receiver,searcher" default:"" help:"The role of a child process."`
	Plan      string        `hidden:"" type:"path" help:"The file with the plan of an attack."`
	Engine    string        `hidden:"" help:"The NATS server to which a relay is a gateway, or the engine of a searcher."`
}

// Vars returns the values to which the help of [Cmd] refers.
func Vars() kong.Vars {
	var names []string
	for _, b := range suite() {
		names = append(names, b.name)
	}
	return kong.Vars{"benchmarks": strings.Join(names, ", ")}
}

// Run runs the benchmarks until all are done or ctx ends.
func (c *Cmd) Run(ctx context.Context, k *kong.Context) error {
	switch c.Role {
	case roleRelay:
		return bare.Serve(ctx, k.Stdout, c.Engine)
	case roleAttack:
		return attackAsPlanned(ctx, k.Stdout, c.Plan)
	case roleDecoy:
		return serveDecoy(ctx, k.Stdout)
	case roleReceiver:
		return receive(ctx, k.Stdout)
	case roleSearcher:
		return c.serveSearch(ctx, json.NewEncoder(k.Stdout))
	}
	if err := c.validate(); err != nil {
		return err
	}
	if c.Full {
		c.Channels, c.Changes, c.Sessions, c.Size, c.Attackers = fullChannels, fullChanges, fullSessions, fullSize, fullAttack
		c.Messages = fullMessages
	}
	chosen, err := choose(c.Names)
	if err != nil {
		return err
	}
	return c.run(ctx, chosen, k.Stdout, k.Stderr)
}

func (c *Cmd) validate() error {
	if c.Runs < 1 || c.Runs > 100 {
		return errors.New("--runs: 1 to 100")
	}
	if c.Time < time.Second || c.Time > 10*time.Minute || c.WarmUp < 0 || c.WarmUp > time.Minute {
		return errors.New("--time: 1s to 10m; --warm-up: up to 1m")
	}
	if c.Settle < 0 || c.Settle > 10*time.Minute {
		return errors.New("--settle: up to 10m")
	}
	if c.Channels < 1 || c.Channels > fullChannels {
		return fmt.Errorf("--channels: 1 to %d", fullChannels)
	}
	if c.Size < 1 || c.Size > fullSize {
		return fmt.Errorf("--size: 1 to %d", fullSize)
	}
	if c.Messages < find.Least || c.Messages > 10*fullMessages {
		return fmt.Errorf("--messages: %d to %d", find.Least, 10*fullMessages)
	}
	if c.Attackers < 0 || c.Attackers > fullAttack {
		return fmt.Errorf("--attackers: 0 to %d", fullAttack)
	}
	if c.SignIns < 1 || c.SignIns > 100_000 || c.Changes < 1 || c.Changes > 10_000_000 || c.Sessions < 1 || c.Sessions > 100_000 {
		return errors.New("--sign-ins: 1 to 100000; --changes: 1 to 10000000; --sessions: 1 to 100000")
	}
	return nil
}

func (c *Cmd) run(ctx context.Context, chosen []benchmark, out, log io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "natter-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &rig{cmd: c, dir: dir, log: log}
	if err := r.build(ctx); err != nil {
		return err
	}
	var results []result
	for _, b := range chosen {
		found, err := b.run(ctx, r)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		for i := range found {
			found[i].More = append(found[i].More, c.circumstances()...)
		}
		if err := writeLines(out, found); err != nil {
			return err
		}
		results = append(results, found...)
	}
	return writeTable(out, results)
}

// circumstances returns the facts that are needed to read a figure.
func (c *Cmd) circumstances() []metric {
	fsync := 1.0
	if c.NoFsync {
		fsync = 0
	}
	return []metric{{"runs", float64(c.Runs)}, {"run_s", c.Time.Seconds()}, {"fsync", fsync}}
}

func writeLines(out io.Writer, results []result) error {
	encoder := json.NewEncoder(out)
	for _, one := range results {
		if err := encoder.Encode(one); err != nil {
			return err
		}
	}
	return nil
}

// choose finds benchmarks by name, in the order of the suite. Without names it returns all.
func choose(names []string) (chosen []benchmark, err error) {
	known := make(map[string]bool)
	for _, b := range suite() {
		known[b.name] = true
		if slices.Contains(names, b.name) || len(names) == 0 {
			chosen = append(chosen, b)
		}
	}
	for _, name := range names {
		if !known[name] {
			return nil, fmt.Errorf("there is no benchmark %q; there are: %s", name, Vars()["benchmarks"])
		}
	}
	return chosen, nil
}
