package presence

import (
	"slices"
	"sync"
	"time"
)

// roster is what the bucket says, in memory. Its methods may be called concurrently.
type roster struct {
	mu     sync.RWMutex // protects following
	people map[string][]place
	nodes  map[string]*node
}

// place is somebody's state on one node.
type place struct {
	run   *run
	since int64 // Unix milliseconds
	state rank
}

// node is one that has written a lease, or something of its users.
type node struct {
	current *run
	heard   time.Time // when its lease was last renewed, by this node's clock
	runs    map[string]*run
}

// run is a node between its start and its end.
type run struct {
	node *node
	live bool      // what it said of its users holds
	ends time.Time // not zero once it has ended, or another has begun: when live does
	last int64     // Unix milliseconds: when it was last known to live
}

func newRoster() *roster { return &roster{people: map[string][]place{}, nodes: map[string]*node{}} }

// of is what is to be seen of somebody, and where he is offline, since when; 0 where not known.
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

// put notes what a node says of a user.
func (r *roster) put(user, nodeName string, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.node(nodeName)
	is := place{run: at.run(e.Run), since: e.Since, state: rankOf(e.State)}
	places := r.people[user]
	if i := slices.IndexFunc(places, func(p place) bool { return p.run.node == at }); i >= 0 {
		places[i] = is
		return
	}
	r.people[user] = append(slices.Clip(places), is)
}

// remove forgets what a node has said of a user.
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

// renew notes a lease that was renewed at a time, of which this node has heard at another. A run that is over holds for a grace yet: its
// users are on their way to another node, or to the next run. It reports whether that changes at once what is to be seen of anybody.
func (r *roster) renew(nodeName string, l *lease, renewed int64, heard time.Time, grace time.Duration) (changes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.node(nodeName)
	for _, f := range l.Former {
		n.run(f.Run).last = f.At
	}
	current := n.run(l.Run)
	if n.current != nil && n.current != current {
		n.current.ends = heard.Add(grace)
	}
	changes = !current.live
	n.current, n.heard = current, heard
	current.live, current.last, current.ends = true, renewed, time.Time{}
	if l.Ended {
		current.ends = heard.Add(grace)
	}
	return changes
}

// lapse ends what is over: runs whose grace is, and those whose lease was not renewed since a time, but not this node's own. It reports
// whether there were any.
func (r *roster) lapse(own string, now, before time.Time) (changes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
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

// heard is when a node's lease was last renewed, by this node's clock.
func (r *roster) heard(nodeName string) time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if n := r.nodes[nodeName]; n != nil {
		return n.heard
	}
	return time.Time{}
}

// living is the number of nodes that are there.
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

// forget drops what the bucket has dropped because of its age, of which it does not tell.
func (r *roster) forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user := range r.people {
		r.drop(user, func(p place) bool {
			return p.since < before.UnixMilli() && (p.state == offline || !p.run.live)
		})
	}
}

// replace takes over what another one has.
func (r *roster) replace(with *roster) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people, r.nodes = with.people, with.nodes
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
