package embed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// errGivenUp is returned after a full disk. The server then shuts JetStream down, and does not
// try again as long as it lives.
var errGivenUp = errors.New("nats server: JetStream has shut down, as it does when a disk is full; make room, and the node starts it again")

// StoreDir returns the server's store directory.
func (s *Server) StoreDir() string { return s.store }

// Storage returns how many bytes are stored and how many may be stored, by the limit of the
// server or of the account, whichever is nearer. most is 0 if there is no limit. An error means
// that nothing can be stored any more until the server is made anew: it has given up JetStream,
// or a failed write has frozen a stream. Not every frozen stream of a server that is alone is
// known.
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

// limit returns 0 if there is no limit.
func limit(most int64) uint64 { return uint64(max(most, 0)) }

func left(used, most uint64) uint64 { return most - min(used, most) }

// frozen returns an error if a failed write has frozen anything.
func (s *Server) frozen() error {
	h := s.nats.Healthz(&server.HealthzOptions{Details: true})
	for _, e := range h.Errors {
		if strings.Contains(e.Error, "write error") {
			return fmt.Errorf("nats server: %s", e.Error)
		}
	}
	return nil
}
