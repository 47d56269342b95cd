package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"natterjack/internal/bench/internal/bare"
	"natterjack/internal/bench/internal/proc"
	"natterjack/server/wire"
)

const (
	// decidedPerS is how many messages the group gets for each second of a run. They come as fast
	// as the server takes them.
	decidedPerS = 200
	// decideLimit bounds how long the server may take to decide about all of them.
	decideLimit = 5 * time.Minute
)

// decisions measures how much processor time a server takes to decide about each member of a group
// of 500 whether they are told of a message: the processor time beyond that of the same server with
// push off, for the same messages. All members want to hear nothing of the group, so nothing is
// sent. Bare is a consumer that only reads the same streams: how many messages a core reads, with
// the engine's part.
func decisions(ctx context.Context, r *rig) ([]result, error) {
	found, err := r.repeat("push-decide", func(_ int, f *figures) error {
		run := &decideRun{rig: r, f: f, messages: max(int(decidedPerS*r.cmd.Time.Seconds()), 1)}
		return inTurn(ctx, run.with("off_", true), run.with("", false))
	})
	if err != nil {
		return nil, err
	}
	spent := of(found, "cpu_s") - of(found, "off_cpu_s")
	perCore := 0.0 // a run that is too short shows nothing
	if spent > 0 {
		perCore = of(found, "decisions") / spent
	}
	more := without(found, "bare_messages_core_s")
	more = append(more, metric{"messages_core_s", perCore / (awayUsers - 1)})
	return []result{{
		Name: "push-decide", Value: perCore, Unit: "decisions/s per core", Bare: of(found, "bare_messages_core_s"), Higher: true, More: more,
	}}, nil
}

// decideRun is one run of the benchmark of decisions.
type decideRun struct {
	*rig
	f        *figures
	messages int
	back     *backend
	group    string
}

// with measures a server that decides, and a bare consumer beside it, or a server with push off.
func (r *decideRun) with(prefix string, off bool) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		plan, err := (&pushRun{rig: r.rig}).planPush("443", off)
		if err != nil {
			return err
		}
		servers, err := r.startAlone(ctx, plan)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, servers.stop()) }()
		if r.back, err = servers[0].backend(); err != nil {
			return err
		}
		defer r.back.close()
		if err := r.open(ctx, off); err != nil {
			return err
		}
		if err := r.decide(ctx, prefix, servers.pids(), off); err != nil || off {
			return err
		}
		return r.read(ctx, servers.pids())
	}
}

// open makes the group. Each member can be told, and wants to hear nothing of it.
func (r *decideRun) open(ctx context.Context, off bool) error {
	names := numbered("away", awayUsers)[1:]
	answer, err := r.back.request(ctx, "writer", wire.CreateGroup{ClientID: "push", Name: "bench", Members: names})
	if err != nil {
		return err
	}
	made, ok := answer.(wire.Channel)
	if !ok {
		return fmt.Errorf("create_group was answered with %s", answer.Type())
	}
	r.group = made.Channel.ID
	if off {
		return nil
	}
	return each(ctx, len(names), func(ctx context.Context, i int) error {
		_, err := r.back.request(ctx, names[i], wire.SubscribePush{
			ID: strings.Repeat("x", 24), PushDevice: wire.PushDevice{Kind: wire.PushWebhook}, ClientID: "push",
			PushTarget: wire.PushTarget{Address: "https://hooks.example.com/" + names[i], Key: "whsec_" + strings.Repeat("QUFB", 11)},
		})
		if err == nil {
			_, err = r.back.request(ctx, names[i], wire.Set{ClientID: "level", Name: wire.SettingChannelLevel + r.group, Value: "none"})
		}
		return err
	})
}

// decide sends the messages, and waits until the server has decided about all of them.
func (r *decideRun) decide(ctx context.Context, prefix string, pids []int, off bool) error {
	window, err := proc.Begin(pids...)
	if err != nil {
		return err
	}
	err = each(ctx, r.messages, func(ctx context.Context, i int) error {
		_, err := r.back.request(ctx, "writer", wire.Send{Channel: r.group, ClientID: fmt.Sprint("decide-", i), Content: wire.Content{Text: "a message to those who are away"}})
		return err
	})
	if err != nil {
		return err
	}
	want := uint64(r.messages) * (awayUsers - 1)
	if !off {
		if err := r.awaitDecisions(ctx, want); err != nil {
			return err
		}
		r.f.add("decisions", float64(want))
	}
	usage, err := window.End()
	if err != nil {
		return err
	}
	r.f.add(prefix+"cpu_s", usage.Of(pids...).Seconds())
	r.f.addOthers(prefix, usage)
	return nil
}

// awaitDecisions waits until the server says that it has decided so often.
func (r *decideRun) awaitDecisions(ctx context.Context, want uint64) error {
	ctx, cancel := context.WithTimeout(ctx, decideLimit)
	defer cancel()
	for {
		got, err := r.decided(ctx)
		if err != nil || got >= want {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the server has decided %d times, want %d: %w", got, want, ctx.Err())
		}
	}
}

// decided returns how often the server has decided that a user's level refuses a message.
func (r *decideRun) decided(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	m, err := r.back.conn.RequestWithContext(ctx, "$SRV.STATS.natterjack", nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the server's statistics: %w", err)
	}
	var stats struct {
		Endpoints []struct {
			Name string          `json:"name"`
			Data json.RawMessage `json:"data"`
		} `json:"endpoints"`
	}
	if err := json.Unmarshal(m.Data, &stats); err != nil {
		return 0, fmt.Errorf("read the server's statistics: %w", err)
	}
	for _, e := range stats.Endpoints {
		var counts map[string]uint64
		if e.Name == (wire.GetPushLog{}).Type() && json.Unmarshal(e.Data, &counts) == nil {
			return counts["never.level"], nil
		}
	}
	return 0, errors.New("the server's statistics tell nothing of decisions")
}

// read reads the streams as a consumer does that does nothing else.
func (r *decideRun) read(ctx context.Context, pids []int) error {
	writes, err := r.back.writes(ctx)
	if err != nil {
		return err
	}
	events := 0.0
	for name, n := range writes {
		if strings.HasPrefix(name, "CHAT_") {
			events += float64(n)
		}
	}
	window, err := proc.Begin(pids...)
	if err != nil {
		return err
	}
	if _, err := (bare.Store{Shards: bare.Streams}).ReadAll(ctx, r.back.js); err != nil {
		return err
	}
	usage, err := window.End()
	if err != nil {
		return err
	}
	spent := usage.Of(append(pids, os.Getpid())...).Seconds()
	r.f.add("bare_cpu_s", spent)
	r.f.add("bare_messages_core_s", events/max(spent, 0.001))
	return nil
}
