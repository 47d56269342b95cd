package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

const (
	// awayUsers are the members of a group who are told of each message and never connect.
	awayUsers = 500
	// pushRate is the rate at which others talk meanwhile, and pushTalkers how many they are.
	pushRate, pushTalkers = 200, 200
	// groupEvery is how often the group gets a message.
	groupEvery = 2 * time.Second
)

// pushing measures what it costs others that a group of 500 is told of each message: how long the
// messages of others take to their peers' sockets, while such a group gets a message every two
// seconds. Bare is the same server with push off, and the same messages.
func pushing(ctx context.Context, r *rig) ([]result, error) {
	found, err := r.repeat("push", func(i int, f *figures) error {
		run := &pushRun{rig: r, f: f, name: fmt.Sprintf("p%d", i)}
		return inTurn(ctx, run.with("", false), run.with("bare_", true))
	})
	if err != nil {
		return nil, err
	}
	more := without(found, "p50_ms", "bare_p50_ms")
	more = append(more, metric{"p99_ratio", of(found, "p99_ms") / of(found, "bare_p99_ms")})
	return []result{{Name: "push", Value: of(found, "p50_ms"), Unit: "ms p50", Bare: of(found, "bare_p50_ms"), More: more}}, nil
}

// pushRun is one run of the push benchmark.
type pushRun struct {
	*rig
	f    *figures
	name string
}

// with measures a server that tells the group's members, or one with push off.
func (r *pushRun) with(prefix string, off bool) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		told, err := r.launchReceiver(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, told.stop()) }()
		plan, err := r.planPush(told.at.Port(), off)
		if err != nil {
			return err
		}
		servers, err := r.startAlone(ctx, plan)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, servers.stop()) }()
		group, err := r.openGroup(ctx, servers[0], told, off)
		if err != nil {
			return err
		}
		defer group.conn.Close()
		members, err := servers.pairs(ctx, r.name+prefix, pushTalkers)
		if err != nil {
			return err
		}
		return r.talk(ctx, prefix, group, told, fleetRun{name: r.name, members: members, echo: true, pids: append(servers.pids(), told.process.PID), senders: pushTalkers})
	}
}

// planPush returns a server that tells by webhooks at a port of this machine, or one with push off.
func (r *pushRun) planPush(port string, off bool) (m member, err error) {
	c, err := r.configure()
	if err != nil {
		return m, err
	}
	c.Push = "off: true"
	if !off {
		c.Push = fmt.Sprintf(`allow: ["127.0.0.0/8"], ports: [ %s ], plain: true`, port)
	}
	return r.member(c)
}

// talk has others talk while the group gets messages.
func (r *pushRun) talk(ctx context.Context, prefix string, group *awayGroup, told *receiver, run fleetRun) error {
	sent := 0
	run.traffic = func(f *load.Fleet, span stretch) error {
		var saying sync.WaitGroup
		saying.Go(func() { sent = group.say(ctx, span.whole()) })
		err := f.Pace(pushTalkers, pushRate, span.begin, span.whole())
		saying.Wait()
		return err
	}
	w, usage, err := r.measure(ctx, run)
	if err != nil {
		return err
	}
	n, err := told.count(ctx)
	if err != nil {
		return err
	}
	receives := usage.Of(told.process.PID)
	r.f.addLatency(prefix, w.Ends)
	r.f.add(prefix+"group_messages", float64(sent))
	r.f.add(prefix+"told", float64(n))
	r.f.add(prefix+"cpu_s_per_100k", perHundredThousand(usage.Of(run.pids...)-receives, w.Others))
	r.f.add(prefix+"receiver_cores", receives.Seconds()/usage.Elapsed.Seconds())
	r.f.addOthers(prefix, usage)
	return group.failed
}

// awayGroup is a group whose members are all away, and the service that writes there.
type awayGroup struct {
	conn   *nats.Conn
	id     string
	failed error
}

// openGroup makes the group over NATS, and has each member told at the receiver.
func (r *pushRun) openGroup(ctx context.Context, n node, told *receiver, off bool) (*awayGroup, error) {
	password, err := os.ReadFile(filepath.Join(n.data, "secrets", "service")) // of the server of this run
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(n.nats, nats.UserInfo("service", strings.TrimSpace(string(password))), nats.CustomInboxPrefix("_INBOX.service"))
	if err != nil {
		return nil, err
	}
	g := &awayGroup{conn: conn}
	names := numbered("away", awayUsers)
	answer, err := g.ask(ctx, "writer", wire.CreateGroup{ClientID: "push", Name: "bench", Members: names[1:]})
	if err != nil {
		conn.Close()
		return nil, err
	}
	g.id = answer
	for _, name := range names[1:] {
		if off {
			break
		}
		_, err := g.ask(ctx, name, wire.SubscribePush{
			ID: strings.Repeat("x", 24), PushDevice: wire.PushDevice{Kind: wire.PushWebhook}, ClientID: "push",
			PushTarget: wire.PushTarget{Address: told.at.JoinPath(name).String(), Key: "whsec_" + strings.Repeat("QUFB", 11)},
		})
		if err != nil {
			conn.Close()
			return nil, err
		}
	}
	return g, nil
}

// ask makes a request as a user, and returns the id of the channel that the answer has, if any.
func (g *awayGroup) ask(ctx context.Context, user string, cmd wire.Command) (channel string, err error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	m, err := g.conn.RequestWithContext(ctx, "api."+user+"."+cmd.Type(), body)
	if err != nil {
		return "", err
	}
	if reason := m.Header.Get("Nats-Service-Error"); reason != "" {
		return "", fmt.Errorf("%s as %s: %s", cmd.Type(), user, reason)
	}
	frame, err := wire.DecodeFrame(m.Data)
	if made, ok := frame.(wire.Channel); ok && err == nil {
		return made.Channel.ID, nil
	}
	return "", nil // the answers to other commands say nothing that is needed
}

// say sends messages to the group for a while, and returns how many.
func (g *awayGroup) say(ctx context.Context, d time.Duration) (sent int) {
	tick := time.NewTicker(groupEvery)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); {
		_, err := g.ask(ctx, "writer", wire.Send{Channel: g.id, ClientID: fmt.Sprint("push-", sent), Content: wire.Content{Text: "a message to those who are away"}})
		if err != nil {
			g.failed = err
			return sent
		}
		sent++
		select {
		case <-tick.C:
		case <-ctx.Done():
			return sent
		}
	}
	return sent
}
