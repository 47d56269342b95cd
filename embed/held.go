package embed

import (
	"fmt"
	"slices"
	"unsafe" // for go:linkname, too

	"github.com/nats-io/nats-server/v2/server"
)

// Held returns the state of this server's own copy of a stream, whatever the leader's copy
// contains. The copy goes from first to last, without the positions in gone, which ascend. As
// far as the server knows, these were removed properly. Any other message that it cannot read
// is damaged. An error means that it has no copy.
func (s *Server) Held(stream string) (first, last uint64, gone []uint64, err error) {
	copied, err := s.copyOf(stream)
	if err != nil {
		return 0, 0, nil, err
	}
	state := stateOf(copied, true)
	gone = state.Deleted
	if lost := state.Lost; lost != nil {
		gone = slices.DeleteFunc(gone, func(pos uint64) bool {
			_, found := slices.BinarySearch(lost.Msgs, pos)
			return found
		})
	}
	return state.FirstSeq, state.LastSeq, gone, nil
}

// Stored reads one message from this server's own copy of a stream.
func (s *Server) Stored(stream string, pos uint64) (subject string, data []byte, err error) {
	copied, err := s.copyOf(stream)
	if err != nil {
		return "", nil, err
	}
	if state := stateOf(copied, false); pos < state.FirstSeq || pos > state.LastSeq {
		return "", nil, fmt.Errorf("nats server: the copy of %s has the messages %d to %d, and not %d", stream, state.FirstSeq, state.LastSeq, pos)
	}
	m, err := messageOf(copied, pos)
	if err != nil {
		return "", nil, fmt.Errorf("nats server: message %d of %s: %w", pos, stream, err)
	}
	return m.Subject, m.Data, nil
}

func (s *Server) copyOf(stream string) (unsafe.Pointer, error) {
	account, err := s.nats.LookupAccount(s.account)
	if err != nil {
		return nil, fmt.Errorf("nats server: account %s: %w", s.account, err)
	}
	copied, err := lookupStream(account, stream)
	if err != nil {
		return nil, fmt.Errorf("nats server: stream %s: %w", stream, err)
	}
	return copied, nil
}

// The server answers requests about a stream from its leader's copy, or from any copy nearby.
// It has no API for the copy of a given server, so these functions are linked by name.
// TestServer_held fails if another version of the server has changed them.

//go:linkname lookupStream github.com/nats-io/nats-server/v2/server.(*Account).lookupStream
func lookupStream(a *server.Account, name string) (stream unsafe.Pointer, err error)

//go:linkname stateOf github.com/nats-io/nats-server/v2/server.(*stream).stateWithDetail
func stateOf(stream unsafe.Pointer, details bool) server.StreamState

//go:linkname messageOf github.com/nats-io/nats-server/v2/server.(*stream).getMsg
func messageOf(stream unsafe.Pointer, seq uint64) (*server.StoredMsg, error)
