package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type listenCmd struct {
	account
	target
	With    string `placeholder:"USER" help:"Only the direct channel with that user; without it and --channel, all channels."`
	Count   int    `placeholder:"N" help:"End after so many messages."`
	Backlog int    `placeholder:"N" help:"Begin with the latest N messages of each channel."`
	Resume  string `placeholder:"FILE" help:"Begin where the last listener with this file ended, and keep the position in the file."`
	All     bool   `help:"Print changes of channels too, not only messages."`
}

// Run implements the command.
func (c *listenCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	o, err := c.options(t)
	if err != nil {
		return err
	}
	l := &listener{listenCmd: c, t: t, printer: c.printer(t), shown: map[string]uint64{}}
	if c.Resume != "" {
		if l.mark, err = loadMark(c.Resume); err != nil {
			return err
		}
	}
	if l.mark != nil {
		o.Resume = &l.mark.Position
	}
	if !c.JSON {
		l.printer.names = namesOf(nil)
		o.Live.Profiles = l.printer.names.forget
	}
	return c.with(ctx, o, func(client *natter.Client) error {
		err := l.listen(ctx, client)
		if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			err = nil // a signal is the usual end of a listener
		}
		return err
	})
}

func (c *listenCmd) check() error {
	switch {
	case c.Channel != "" || c.With != "":
		if _, err := c.pick(natter.Session{}, "--with", c.With); err != nil {
			return err
		}
	case c.Count < 0 || c.Backlog < 0:
		return usage("--count, --backlog: give at least 1")
	}
	if c.Resume != "" && c.Backlog > 0 {
		return usage("--resume, --backlog: give only one of the two")
	}
	return nil
}

// listener is one run of the command.
type listener struct {
	*listenCmd
	t       *terminal
	printer *printer
	client  *natter.Client
	only    string // the one channel to listen to, if there is one
	shown   map[string]uint64
	printed int
	mark    *mark
}

// errEnough ends the listening after Count messages.
var errEnough = errors.New("enough")

func (l *listener) listen(ctx context.Context, client *natter.Client) error {
	l.client = client
	l.printer.names.use(client)
	s, held, err := l.begin(ctx)
	if err != nil {
		return err
	}
	if l.Channel != "" || l.With != "" {
		if l.only, err = l.pick(s, "--with", l.With); err != nil {
			return err
		}
	}
	l.printer.channel = l.only == ""
	if err := l.backlog(ctx, &s); err != nil {
		return enough(err)
	}
	l.t.note("listening as %s at %s", s.User, s.URL)
	if err := l.first(ctx, held); err != nil {
		return enough(err)
	}
	for ev, err := range client.Events(ctx) {
		if err := l.take(ctx, &ev, err); err != nil {
			return enough(err)
		}
	}
	return nil
}

// first saves the position before any event comes, or handles the item that has already come.
func (l *listener) first(ctx context.Context, held *item) error {
	if held == nil {
		return l.keep()
	}
	return l.take(ctx, &held.event, held.err)
}

func enough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// begin waits for the connection, and prints meanwhile why there is none. It returns an item
// that came meanwhile.
func (l *listener) begin(ctx context.Context) (s natter.Session, held *item, err error) {
	var telling sync.WaitGroup
	meanwhile, stop := context.WithCancel(ctx)
	telling.Go(func() { held = tellTrouble(meanwhile, l.t, l.client) })
	s, err = l.session(ctx, l.client)
	stop()
	telling.Wait()
	switch {
	case err != nil:
	case l.mark != nil && l.mark.User != s.User:
		err = fmt.Errorf("%s holds the position of user %s, not of %s; name another file", l.Resume, l.mark.User, s.User)
	default:
		l.mark = &mark{User: s.User}
	}
	return s, held, err
}

// take handles one pair that Events yields.
func (l *listener) take(ctx context.Context, ev *natter.Event, err error) error {
	switch {
	case errors.Is(err, natter.ErrFatal):
		return err
	case err != nil:
		l.t.note("%s", plain(err))
		return nil
	case l.only == "" || ev.Channel == l.only:
		if err := l.show(ctx, ev); err != nil {
			return err
		}
	}
	return l.keep()
}

func (l *listener) show(ctx context.Context, ev *natter.Event) error {
	if ev.Kind == wire.KindMessage {
		if ev.Seq <= l.shown[ev.Channel] {
			return nil // it was in the backlog
		}
	} else if !l.All {
		return nil
	}
	l.printer.names.learn(ctx, ev.Channel, []string{ev.Sender})
	if err := l.printer.event(ev); err != nil {
		return err
	}
	if l.printed++; l.printed == l.Count {
		return errors.Join(l.keep(), errEnough)
	}
	return nil
}

// keep saves the position of the listener.
func (l *listener) keep() error {
	if l.Resume == "" {
		return nil
	}
	l.mark.Position = l.client.Position()
	return l.mark.save(l.Resume)
}

// backlog prints the latest messages of all channels, ordered by time. It stores their seqs, so
// that a message which also comes live is printed once.
func (l *listener) backlog(ctx context.Context, s *natter.Session) error {
	if l.Backlog == 0 {
		return nil
	}
	channels := []string{l.only}
	if l.only == "" {
		channels = channels[:0]
		for c, err := range l.client.AllChannels(ctx) {
			if err != nil {
				return err
			}
			channels = append(channels, c.ID)
		}
	}
	var events []natter.Event
	for _, id := range channels {
		latest, err := read(ctx, l.client, id, natter.Around{Limit: l.Backlog}, s.Limits.HistoryEvents)
		if err != nil {
			return err
		}
		events = append(events, latest.Events...)
	}
	slices.SortStableFunc(events, func(a, b natter.Event) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	l.printer.fit(events)
	for i := range events {
		if err := l.show(ctx, &events[i]); err != nil {
			return err
		}
	}
	for i := range events {
		l.shown[events[i].Channel] = max(l.shown[events[i].Channel], events[i].Seq)
	}
	return nil
}
