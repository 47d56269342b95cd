package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// meet makes users who do not know each other yet open direct channels until ctx ends. Often
// both users do so at once, and now and then they make a group. Making a channel appends two
// events at once. So it uses an atomic batch even when little else happens.
func (cr *crowd) meet(ctx context.Context, every time.Duration) {
	r := rand.New(rand.NewPCG(cr.plan.Uint64(), 0))
	some := cr.devices[:cr.people]
	cr.talking.Go(func() {
		for i := 0; wait(ctx, time.Duration(r.ExpFloat64()*float64(every))) == nil; i++ {
			a, b := some[r.IntN(len(some))], some[r.IntN(len(some))]
			if i%5 == 4 {
				cr.found(a, b, i, text(r))
				continue
			}
			cr.greet(a, b, i, text(r))
		}
	})
}

// greet makes two users write to each other at the same moment.
func (cr *crowd) greet(a, b *device, i int, text string) {
	id := wire.DirectChannel(a.user, b.user)
	if a.user == b.user || cr.knows(id) {
		return
	}
	cr.direct(a.user, b.user)
	var both sync.WaitGroup
	for _, d := range []*device{a, b} {
		both.Go(func() {
			cr.send(d, check.Send{Lane: d.name, Channel: id, ClientID: fmt.Sprint("greet.", i), Text: text})
		})
	}
	both.Wait()
}

// found makes a group of two and writes to it at once.
func (cr *crowd) found(a, b *device, i int, text string) {
	if a.user == b.user {
		return
	}
	ctx, cancel := context.WithTimeout(cr.life, patience)
	defer cancel()
	info, err := a.client.CreateGroup(ctx, fmt.Sprint("founded ", i), []string{b.user})
	if err != nil {
		cr.tb.Errorf("%s: create group: %v", a.name, err)
		return
	}
	cr.join(info.ID, []string{a.user, b.user})
	cr.send(b, check.Send{Lane: b.name, Channel: info.ID, ClientID: fmt.Sprint("found.", i), Text: text})
}

func (cr *crowd) knows(channel string) bool {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	return cr.members[channel] != nil
}
