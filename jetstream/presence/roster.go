package presence

import (
	"slices"
	"sync"
	"time"
)

// roster is the content of the bucket, in memory. Its methods may be called concurrently.
type roster struct {
	mu     sync.RWMutex // protects the fields below
	people map[string][]place
	nodes  map[string]*node
	latest int64 // the latest time that is recorded, Unix milliseconds
}

// place is a user's state on one node.
type place struct {
	run   *run
	since int64 // Unix milliseconds
	state rank
}

// node is a node that has written a lease or an entry of a user.
type node struct {
	current *run
	// When this node last heard of a renewal of the lease, by this node's clock.
	heard time.Time
	runs  map[string]*run
}

// run is a node between one start and its end.
type run struct {
	node *node
	live bool // its entries of users are valid
	// Set once the run has ended, or another run has begun. Live ends at this time.
	ends time.Time
	last int64 // when it was last known to be alive, Unix milliseconds
	told int64 // the same as a later run tells it; 0 if none does
}

func newRoster() *roster { return &roster{people: map[string][]place{}, nodes: map[string]*node{}} }

// of returns a user's state and, if the user is offline, when the user was last seen (0 if
// unknown).
func (r *roster) of(user string) (state rank, seen int64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.people[user] {
		switch {
		case p.state == offline:
			seen = max(seen, p.since)
		case p.run.live:
			state = max(state, p.state)
		default:
			seen = max(seen, p.run.last, p.since)
		}
	}
	if state > offline {
		seen = 0
	}
	return state, seen
}

// put records a node's entry of a user.
func (r *roster) put(user, nodeName string, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.node(nodeName)
	is := place{run: at.run(e.Run), since: e.Since, state: rankOf(e.State)}
	r.latest = max(r.latest, e.Since)
	places := r.people[user]
	if i := slices.IndexFunc(places, func(p place) bool { return p.run.node == at }); i >= 0 {
		places[i] = is
		return
	}
	r.people[user] = append(slices.Clip(places), is)
}

// remove forgets a node's entry of a user.
func (r *roster) remove(user, nodeName string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.node(nodeName)
	r.drop(user, func(p place) bool { return p.run.node == at })
}

func (r *roster) drop(user string, which func(place) bool) {
	if places := slices.DeleteFunc(r.people[user], which); len(places) > 0 {
		r.people[user] = places
	} else {
		delete(r.people, user)
	}
}

// renew records a lease that was renewed at one time, and that this node heard of at another. A
// run that has ended stays valid for a grace period, because its users are moving to another
// node or to the next run. renew reports whether the visible state of any user changes at once.
func (r *roster) renew(nodeName string, l *lease, renewed int64, heard time.Time, grace time.Duration) (changes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.node(nodeName)
	for _, f := range l.Former {
		// A time that was corrected here comes again with each renewal.
		if run := n.run(f.Run); run.told != f.At {
			run.last, run.told = f.At, f.At
			r.latest = max(r.latest, f.At)
		}
	}
	current := n.run(l.Run)
	if n.current != nil && n.current != current {
		n.current.ends = heard.Add(grace)
	}
	r.latest = max(r.latest, renewed)
	changes = !current.live
	n.current, n.heard = current, heard
	current.live, current.last, current.ends = true, renewed, time.Time{}
	if l.Ended {
		current.ends = heard.Add(grace)
	}
	return changes
}

// lapse ends runs whose grace period is over, and runs whose lease was not renewed since
// before. It leaves this node's own run alone. It reports whether it ended any.
func (r *roster) lapse(own string, now, before time.Time) (changes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.redate(now.UnixMilli())
	for name, n := range r.nodes {
		for _, run := range n.runs {
			over := run.ends.Before(now)
			if run.ends.IsZero() {
				over = run == n.current && name != own && n.heard.Before(before)
			}
			if run.live && over {
				run.live = false
				changes = true
			}
		}
	}
	return changes
}

// redate moves times that are ahead of this node's clock to now: another node's clock, or this
// node's until a moment ago, was ahead. No user was last seen tomorrow. The caller holds mu.
func (r *roster) redate(now int64) {
	if r.latest <= now+slack.Milliseconds() {
		return
	}
	for _, places := range r.people {
		for i := range places {
			places[i].since = min(places[i].since, now)
		}
	}
	for _, n := range r.nodes {
		for _, run := range n.runs {
			run.last = min(run.last, now)
		}
	}
	r.latest = now
}

// slack is how far apart the clocks of nodes may be. Users do not notice so short a time.
const slack = 2 * time.Second

// heard returns when this node last heard of a renewal of a node's lease, by this node's clock.
func (r *roster) heard(nodeName string) time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if n := r.nodes[nodeName]; n != nil {
		return n.heard
	}
	return time.Time{}
}

// living returns the number of nodes that are alive.
func (r *roster) living() (n int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, node := range r.nodes {
		if node.current != nil && node.current.live && node.current.ends.IsZero() {
			n++
		}
	}
	return n
}

// forget drops entries that the bucket has dropped because of their age, because the bucket
// does not tell of that.
func (r *roster) forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user := range r.people {
		r.drop(user, func(p place) bool {
			return p.since < before.UnixMilli() && (p.state == offline || !p.run.live)
		})
	}
}

// replace takes over the content of another roster.
func (r *roster) replace(with *roster) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people, r.nodes, r.latest = with.people, with.nodes, with.latest
}

func (r *roster) node(name string) *node {
	n := r.nodes[name]
	if n == nil {
		n = &node{runs: map[string]*run{}}
		r.nodes[name] = n
	}
	return n
}

func (n *node) run(id string) *run {
	r := n.runs[id]
	if r == nil {
		r = &run{node: n}
		n.runs[id] = r
	}
	return r
}
