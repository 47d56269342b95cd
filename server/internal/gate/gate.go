package gate

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// Config configures a [Gate].
type Config struct {
	Limits  Limits // the connections must be set
	Proxies []netip.Prefix
	Logger  *slog.Logger
}

// Gate counts connections. Its methods may be called concurrently.
type Gate struct {
	limits  Limits
	proxies proxies
	logger  *slog.Logger

	mu     sync.Mutex // protects following
	open   int        // connections
	guests list
	idle   list
	places map[netip.Prefix]*place // addresses and prefixes
	tally  tally
}

// tally counts the connections that the next report tells of.
type tally struct{ refused, displaced, overdue, handshakes int }

// New makes a gate.
func New(cfg Config) *Gate {
	return &Gate{limits: cfg.Limits.Complete(), proxies: cfg.Proxies, logger: cfg.Logger.With("component", "gate"), places: map[netip.Prefix]*place{}}
}

// admit counts a new entry, or refuses it. A new entry may take the place of older ones, which
// are cut off.
func (g *Gate) admit(e *entry, from source, as state) bool {
	victims, ok := g.take(e, from, as, time.Now())
	for _, v := range victims {
		v.cut.Cut()
	}
	return ok
}

func (g *Gate) take(e *entry, from source, as state, now time.Time) (victims []*entry, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.find(from)
	victims, ok = g.room(e, at, as, now)
	if !ok {
		g.tally.refused++
		return nil, false
	}
	for _, v := range victims {
		g.remove(v)
		g.tally.displaced++
	}
	if e.slot {
		g.open++
	}
	g.enter(e, at)
	g.become(e, as, now)
	return victims, true
}

// room finds the entries whose places a new one needs. It reports false if there are none. A
// guest that leaves an address also leaves its prefix and the list of all. The caller holds mu.
func (g *Gate) room(e *entry, at [2]*place, as state, now time.Time) (victims []*entry, ok bool) {
	l := &g.limits
	bounds := [2]struct{ open, guests int }{{l.AddressConnections, l.AddressGuests}, {l.PrefixConnections, l.PrefixGuests}}
	var victim *entry
	for i, p := range at {
		if victim != nil || p == nil || p.open < bounds[i].open && (as != guest || p.guests.n < bounds[i].guests) {
			continue
		}
		if victim = p.guests.oldest(now, false); victim == nil {
			return nil, false
		}
	}
	if victim == nil && as == guest && g.guests.n >= l.Guests {
		if victim = g.guests.oldest(now, false); victim == nil {
			return nil, false
		}
	}
	if victim != nil {
		victims = append(victims, victim)
	}
	if !e.slot || g.open < l.Connections || victim != nil && victim.slot {
		return victims, true
	}
	victim = g.guests.oldest(now, true)
	if victim == nil {
		victim = g.idle.oldest(now, true)
	}
	return append(victims, victim), victim != nil
}

// remove forgets an entry. The caller holds mu.
func (g *Gate) remove(e *entry) {
	if e.state == outside {
		return
	}
	g.become(e, outside, time.Time{})
	if e.slot {
		g.open--
	}
	g.exit(e)
}

// become moves an entry into a state. The caller holds mu.
func (g *Gate) become(e *entry, s state, now time.Time) {
	switch e.state {
	case guest:
		g.eachList(e, (*list).remove)
	case idle:
		g.idle.remove(e)
	default: // it is in no list
	}
	e.state, e.since, e.check = s, now.UnixNano(), false
	switch s {
	case guest:
		g.eachList(e, (*list).add)
	case idle:
		g.idle.add(e)
	default:
		e.links = nil
	}
}

// eachList calls a function for each list in which a guest is.
func (g *Gate) eachList(e *entry, do func(*list, *entry)) {
	do(&g.guests, e)
	for _, p := range e.at {
		if p != nil {
			do(&p.guests, e)
		}
	}
}

// CutSilent cuts off the connections that have not asked anything yet, such as those that browsers
// open ahead. A server that stops would wait for them. Of a proxy's connections the gate does not
// know that.
func (g *Gate) CutSilent() {
	for _, e := range g.silent() {
		e.cut.Cut()
	}
}

func (g *Gate) silent() (all []*entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for e := g.guests.first; e != nil; e = e.links[ofAll].after {
		if e.slot && e.asked == 0 {
			all = append(all, e)
		}
	}
	return all
}

// leave forgets an entry.
func (g *Gate) leave(e *entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(e)
}

// move moves an entry from one state into another, if it is in the first one.
func (g *Gate) move(e *entry, from, to state) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.state == from {
		g.become(e, to, time.Now())
	}
}

// Open returns the number of connections, and how many of them have not signed in.
func (g *Gate) Open() (connections, guests int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.guests.n
}

const (
	sweepEvery  = time.Second
	reportEvery = time.Minute
)

// Run closes guests that have not signed in in time, and reports once a minute how many connections
// were refused and closed, until ctx ends.
func (g *Gate) Run(ctx context.Context) error {
	sweep, report := time.NewTicker(sweepEvery), time.NewTicker(reportEvery)
	defer sweep.Stop()
	defer report.Stop()
	first := true // the first is reported soon, so that an attack is seen while it begins
	for {
		select {
		case <-ctx.Done():
			g.report(ctx)
			return nil
		case <-report.C:
			first = !g.report(ctx)
		case <-sweep.C:
			g.sweep(time.Now())
			if first {
				first = !g.report(ctx)
			}
		}
	}
}

func (g *Gate) sweep(now time.Time) {
	g.mu.Lock()
	var overdue []*entry
	for e := g.guests.first; e != nil && e.age(now) >= guestLife; e = g.guests.first {
		g.remove(e)
		g.tally.overdue++
		overdue = append(overdue, e)
	}
	g.mu.Unlock()
	for _, e := range overdue {
		e.cut.Cut()
	}
}

// report logs the counts since the last report, and reports whether there were any.
func (g *Gate) report(ctx context.Context) bool {
	g.mu.Lock()
	t, open, guests := g.tally, g.open, g.guests.n
	g.tally = tally{}
	g.mu.Unlock()
	if t == (tally{}) {
		return false
	}
	g.logger.WarnContext(ctx, "closed connections that had not signed in", "refused", t.refused, "displaced", t.displaced,
		"not_in_time", t.overdue, "failed_handshakes", t.handshakes, "open", open, "guests", guests)
	return true
}
