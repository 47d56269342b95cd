package tell

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"natterjack/server/internal/push"
)

const (
	// providerTries and userTries are how many tries at once a node has under way of a provider,
	// and of a user.
	providerTries = 64
	userTries     = 4
	// failsMost is for how many devices in a row tries must have failed for their provider to count
	// as failing. One device alone proves nothing about others.
	failsMost = 3
	// restFirst and restMost are the shortest and the longest pause of a provider, and of a device.
	restFirst, restMost = 2 * time.Second, 5 * time.Minute
	// backFor is for how long a job that finds no place goes back to the queue.
	backFor = time.Second
	// remembered is how many providers and devices are remembered as failing.
	remembered = 1 << 14
)

// providers bounds how many tries are under way, so that a provider that hangs does not take the
// places of others. Its methods may be called concurrently.
type providers struct {
	mu    sync.Mutex // protects following
	of    map[string]*provider
	users map[string]int
}

// provider holds the facts about a provider with tries under way, or about one that fails.
type provider struct {
	places chan struct{} // has room for providerTries
	wanted int           // tries under way, and tries that wait for a place
	busy   int
	failed []string // the last devices in a row that failed, each once
	pauses int      // in a row
	rests  time.Time
}

func newProviders() *providers {
	return &providers{of: map[string]*provider{}, users: map[string]int{}}
}

// enter waits for a place for a try. If the provider is failing, or the user has all tries that one
// has, leave is nil, and the try is to wait for a while. Leave is called when the try has ended,
// with the device, or without it if the try says nothing, and whether the provider failed.
func (p *providers) enter(ctx context.Context, name, user string, now func() time.Time) (leave func(device string, failed bool), wait time.Duration) {
	one := p.want(name)
	select {
	case one.places <- struct{}{}:
	case <-ctx.Done():
		p.unwant(name, one)
		return nil, backFor
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait = p.refuses(one, user, now()); wait > 0 {
		<-one.places
		p.drop(name, one)
		return nil, wait
	}
	one.busy++
	p.users[user]++
	return func(device string, failed bool) { p.leave(name, one, user, device, failed, now()) }, 0
}

func (p *providers) want(name string) *provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.of[name]
	if one == nil {
		one = &provider{places: make(chan struct{}, providerTries)}
		p.of[name] = one
	}
	one.wanted++
	return one
}

func (p *providers) unwant(name string, one *provider) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(name, one)
}

// refuses returns for how long a try has to wait. The caller holds mu.
func (p *providers) refuses(one *provider, user string, now time.Time) time.Duration {
	switch {
	case now.Before(one.rests):
		return max(one.rests.Sub(now), time.Millisecond)
	case len(one.failed) >= failsMost && one.busy > 0, p.users[user] >= userTries:
		return backFor
	}
	return 0
}

func (p *providers) leave(name string, one *provider, user, device string, failed bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	<-one.places
	one.busy--
	if p.users[user]--; p.users[user] == 0 {
		delete(p.users, user)
	}
	switch {
	case device == "":
	case !failed:
		one.failed, one.pauses = nil, 0
	default:
		if !slices.Contains(one.failed, device) && len(one.failed) < failsMost {
			one.failed = append(one.failed, device)
		}
		if len(one.failed) >= failsMost && !now.Before(one.rests) {
			one.rests = now.Add(doubled(one.pauses))
			one.pauses++
		}
	}
	p.drop(name, one)
}

// drop ends the interest of a try in a provider. Providers that work, or have not failed for long,
// are forgotten.
func (p *providers) drop(name string, one *provider) {
	if one.wanted--; one.wanted == 0 && len(one.failed) == 0 {
		delete(p.of, name)
	}
	if len(p.of) <= remembered {
		return
	}
	for other, o := range p.of {
		if o.wanted == 0 {
			delete(p.of, other)
		}
	}
}

// unavailable reports whether an outcome says that the provider, and not only the device, is not
// available.
func unavailable(o push.Outcome) bool {
	if o.Result != push.Again {
		return false
	}
	switch o.Reason {
	case "timeout", "no_connection", "unknown_host", "tls":
		return true
	}
	return strings.HasPrefix(o.Reason, "status_5")
}

// resting knows which devices are left alone, because they failed, or because they asked for it.
// Its methods may be called concurrently.
type resting struct {
	mu sync.Mutex // protects following
	of *lru.Cache[string, rest]
}

type rest struct {
	fails int
	until time.Time
}

func newResting() *resting {
	of, err := lru.New[string, rest](remembered)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &resting{of: of}
}

// wait returns for how long a device is left alone.
func (r *resting) wait(device string, now time.Time) time.Duration {
	known, _ := r.of.Get(device)
	return known.until.Sub(now)
}

// well notes that a device answers.
func (r *resting) well(device string) { r.of.Remove(device) }

// ill notes that a device failed, and returns for how long it is left alone: for as long as it
// says, if it does.
func (r *resting) ill(device string, after time.Duration, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, _ := r.of.Get(device)
	wait := after
	if wait <= 0 {
		wait = doubled(known.fails)
	}
	r.of.Add(device, rest{known.fails + 1, now.Add(wait)})
	return wait
}

// doubled returns a pause that is twice as long each time.
func doubled(times int) time.Duration {
	pause := restFirst
	for ; times > 0 && pause < restMost; times-- {
		pause *= 2
	}
	return min(pause, restMost)
}
