package embed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// errGivenUp is what a full disk makes of JetStream, for the life of the server: it shuts it down and never looks again.
var errGivenUp = errors.New("nats server: it has given JetStream up, which is what it does when a disk is full")

// StoreDir is where the server stores.
func (s *Server) StoreDir() string { return s.store }

// Storage is how many bytes are stored and how many may be, by the limits of the server or of the
// account, whichever is nearer; most is 0 where there is none. The error is that nothing can be
// stored any more until the server is made anew: it has given JetStream up, or a failed write has
// frozen a stream. Of a server that is alone not every frozen stream is known.
func (s *Server) Storage() (used, most uint64, err error) {
	info, err := s.nats.Jsz(nil)
	if err != nil {
		return 0, 0, fmt.Errorf("nats server: %w", err)
	}
	if info.Disabled {
		return 0, 0, errGivenUp
	}
	used, most = info.Store, limit(info.Config.MaxStore)
	if a, err := s.nats.LookupAccount(s.account); err == nil {
		usage := a.JetStreamUsage()
		if m := limit(usage.Limits.MaxStore); m > 0 && (most == 0 || left(usage.Store, m) < left(used, most)) {
			used, most = usage.Store, m
		}
	}
	return used, most, s.frozen()
}

// limit is 0 where there is none.
func limit(most int64) uint64 { return uint64(max(most, 0)) }

func left(used, most uint64) uint64 { return most - min(used, most) }

// frozen looks for what a failed write has frozen.
func (s *Server) frozen() error {
	h := s.nats.Healthz(&server.HealthzOptions{Details: true})
	for _, e := range h.Errors {
		if strings.Contains(e.Error, "write error") {
			return fmt.Errorf("nats server: %s", e.Error)
		}
	}
	return nil
}
