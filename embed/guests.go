package embed

import (
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Connections that have not logged in are guests. The server bounds all connections together, and
// closes a guest after the timeout of the authorization. So a few thousand silent connections a
// second would take all places. Then services could not connect, and neither could this node if it
// had to reconnect. The server has no bound for guests, and announces no new connection. So this
// file looks: while more than three quarters of the places are taken, guests are closed until half
// of them are free.
const (
	lookIdle = 50 * time.Millisecond
	lookBusy = 2 * time.Millisecond // while more than half of the places are taken
	lookVain = time.Second          // while there is no guest: a look costs a microsecond a connection
	// lookFresh is the shortest pause while there are guests, but all of them are fresh. The last
	// quarter of the places may fill within milliseconds.
	lookFresh = 5 * time.Millisecond
	// lookShare bounds the cost of looking at new guests: a pause is so many times as long as the
	// look before it.
	lookShare = 10
	// fresh is how long a guest is left alone if guests take less than a quarter of the places.
	fresh     = 100 * time.Millisecond
	reportGap = time.Minute // between two lines of the log
)

// watchGuests looks at the connections until the server has stopped.
func (s *Server) watchGuests() {
	timer := time.NewTimer(lookIdle)
	defer timer.Stop()
	var closed int
	var reported time.Time
	for {
		select {
		case <-s.closed:
			return
		case <-timer.C:
		}
		next, n := s.lookAtGuests()
		timer.Reset(next)
		if closed += n; closed > 0 && time.Since(reported) > reportGap {
			s.logger.Warn("closed connections that had not logged in, to make room for others", "closed", closed, "max_connections", s.places)
			closed, reported = 0, time.Now()
		}
	}
}

// lookAtGuests closes guests if it must. It returns when to look again, and how many it closed.
func (s *Server) lookAtGuests() (next time.Duration, closed int) {
	switch taken := s.nats.NumClients(); {
	case taken <= s.places/2:
		return lookIdle, 0
	case taken <= s.places*3/4:
		return lookBusy, 0
	default:
		began := time.Now()
		guests, closed := s.closeGuests(taken - s.places/2)
		return pauseAfter(guests, closed, time.Since(began)), closed
	}
}

// pauseAfter returns when to look again after a look that took some time.
func pauseAfter(guests, closed int, took time.Duration) time.Duration {
	switch {
	case closed > 0:
		return lookBusy
	case guests == 0:
		return lookVain
	default:
		return min(max(lookFresh, lookShare*took), lookVain)
	}
}

// closeGuests closes up to n guests. It returns how many guests there were, and how many it closed.
// It takes from the addresses that have the most, and of those the oldest: an honest client logs in
// within a few round trips.
func (s *Server) closeGuests(n int) (all, closed int) {
	conns, err := s.nats.Connz(&server.ConnzOptions{Username: true, Sort: server.ByCid, Limit: s.places + 1})
	if err != nil {
		return 0, 0
	}
	isGuest := func(c *server.ConnInfo) bool { // a connection of this process has no address
		return c.IP != "" && c.AuthorizedUser == "" && c.Account == ""
	}
	crowd := slices.DeleteFunc(conns.Conns, func(c *server.ConnInfo) bool { return !isGuest(c) })
	if all = len(crowd); all < s.places/4 {
		crowd = slices.DeleteFunc(crowd, func(c *server.ConnInfo) bool { return conns.Now.Sub(c.Start) < fresh })
	}
	guests := map[string][]uint64{} // by address, the oldest first
	for _, c := range crowd {
		guests[c.IP] = append(guests[c.IP], c.Cid)
	}
	left := level(slices.Collect(maps.Values(guests)), n)
	for _, ids := range guests {
		for _, id := range ids[:max(0, len(ids)-left)] {
			if s.nats.DisconnectClientByID(id) == nil {
				closed++
			}
		}
	}
	return all, closed
}

// level returns how many each list may keep if all lists together are to lose n or a few more, and
// the longest lose the most.
func level(lists [][]uint64, n int) int {
	low, high := 0, 0
	for _, l := range lists {
		high = max(high, len(l))
	}
	for low < high {
		mid := (low + high + 1) / 2
		lost := 0
		for _, l := range lists {
			lost += max(0, len(l)-mid)
		}
		if lost >= n {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}
