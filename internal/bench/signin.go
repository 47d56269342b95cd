package main

import (
	"context"
	"errors"
	"fmt"

	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

const (
	fewChannels  = 50    // also the size of the first window, so that both users get as much
	manyChannels = 5_000 // at most; a quick run has fewer
	signInWarmUp = 5     // sign-ins of each user that are not counted
	peers        = 200   // users who share the channels
)

// signIn measures how long a client waits for the welcome frame and the first window of its
// channels. The time begins with the connect frame, on loopback, with the connection already
// open. The client asks for the window in the same write. Two users sign in in turn: one with
// many channels and, in place of a bare engine, one with few. At the end of a run each of them
// signs in once more, cold: as the first user of a server that was started again and has just
// reported that it is ready.
func signIn(ctx context.Context, r *rig) (results []result, err error) {
	servers, err := r.startServers(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, servers.stop()) }() // the servers that run by then
	users := []*signer{{name: "many", channels: min(r.cmd.Channels, manyChannels)}, {name: "few", channels: min(r.cmd.Channels, fewChannels)}}
	if err := r.enlist(ctx, servers, users); err != nil {
		return nil, err
	}
	found, err := r.repeat("sign-in", func(_ int, f *figures) error {
		for _, u := range users {
			if err := u.enter(ctx, servers); err != nil {
				return err
			}
		}
		for i := range r.cmd.SignIns + signInWarmUp {
			for _, u := range users {
				if err := u.signIn(ctx, i >= signInWarmUp); err != nil {
					return fmt.Errorf("sign in with %d channels: %w", u.channels, err)
				}
			}
		}
		for _, u := range users {
			u.report(f)
		}
		for _, u := range users {
			if err := r.signInCold(ctx, servers, u, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []result{signInResult(found, users[0].channels, users[1].channels, r.cmd.SignIns)}, nil
}

// signInCold restarts the server and has a user sign in once.
func (r *rig) signInCold(ctx context.Context, s servers, u *signer, f *figures) error {
	if err := r.startAnew(ctx, s); err != nil {
		return err
	}
	if err := u.enter(ctx, s); err != nil {
		return err
	}
	if err := u.signIn(ctx, true); err != nil {
		return fmt.Errorf("sign in cold with %d channels: %w", u.channels, err)
	}
	f.add(u.name+"_cold_ms", load.Ms(u.windows[0]))
	u.welcomes, u.windows = nil, nil
	return nil
}

// startAnew stops the one server and starts it again on the same directory.
func (r *rig) startAnew(ctx context.Context, s servers) error {
	config, err := r.shipped()
	if err != nil {
		return err
	}
	data := s[0].data
	err = s.stop()
	s[0] = node{}
	if err != nil {
		return err
	}
	s[0], err = r.startServer(ctx, member{data: data, config: config})
	return err
}

func signInResult(found []metric, many, few, signIns int) result {
	more := append(without(found, "many_p50_ms", "few_p50_ms"),
		metric{"p99_ratio", of(found, "many_p99_ms") / of(found, "few_p99_ms")},
		metric{"many_channels", float64(many)}, metric{"few_channels", float64(few)}, metric{"sign_ins", float64(signIns)})
	return result{Name: "sign-in", Value: of(found, "many_p50_ms"), Unit: "ms p50", Bare: of(found, "few_p50_ms"), More: more}
}

// signer is a user who signs in again and again.
type signer struct {
	name     string
	channels int
	member   load.Member

	welcomes, windows load.Samples
}

// enlist gives the users their channels: groups of two, with one message that they have not
// read.
func (r *rig) enlist(ctx context.Context, s servers, users []*signer) error {
	b, err := s[0].backend()
	if err != nil {
		return err
	}
	defer b.close()
	for _, u := range users {
		r.say("sign-in: make %d groups", u.channels)
		if err := each(ctx, u.channels, func(ctx context.Context, i int) error { return b.befriend(ctx, u.name, i) }); err != nil {
			return err
		}
	}
	return nil
}

// befriend makes a group of a user and a peer, who sends a message there.
func (b *backend) befriend(ctx context.Context, user string, i int) error {
	id, peer := fmt.Sprintf("%s-%d", user, i), fmt.Sprintf("peer-%d", i%peers)
	frame, err := b.request(ctx, user, wire.CreateGroup{ClientID: id, Name: "Group " + id, Members: []string{peer}})
	if err != nil {
		return err
	}
	made, ok := frame.(wire.Channel)
	if !ok {
		return fmt.Errorf("create_group was answered with %s", frame.Type())
	}
	_, err = b.request(ctx, peer, wire.Send{Channel: made.Channel.ID, ClientID: id, Content: wire.Content{Text: "hello"}})
	return err
}

// enter gets a token from the servers.
func (u *signer) enter(ctx context.Context, s servers) error {
	members, err := s.signIn(ctx, []string{u.name})
	if err == nil {
		u.member = members[0]
	}
	return err
}

// signIn signs in once and checks the answers.
func (u *signer) signIn(ctx context.Context, counts bool) error {
	list, err := wire.Append(nil, wire.ListChannels{Ref: wire.Ref{Ref: 1}, Limit: fewChannels})
	if err != nil {
		return err
	}
	clock := load.NewClock()
	greeting, err := load.Greet(ctx, clock, u.member, load.Text(list))
	if err != nil {
		return err
	}
	frame, err := wire.DecodeFrame(greeting.Reply)
	if err != nil {
		return err
	}
	if window, ok := frame.(wire.Channels); !ok || len(window.Channels) != min(u.channels, fewChannels) {
		return fmt.Errorf("%d channels are to be listed, but the answer was %.300s", min(u.channels, fewChannels), greeting.Reply)
	}
	if counts {
		u.welcomes, u.windows = append(u.welcomes, greeting.Welcomed), append(u.windows, greeting.Answered)
	}
	return nil
}

// report adds the figures of a run, and begins the next run.
func (u *signer) report(f *figures) {
	f.add(u.name+"_p50_ms", load.Ms(u.windows.Percentile(50)))
	f.add(u.name+"_p99_ms", load.Ms(u.windows.Percentile(99)))
	f.add(u.name+"_welcome_p50_ms", load.Ms(u.welcomes.Percentile(50)))
	u.welcomes, u.windows = nil, nil
}
