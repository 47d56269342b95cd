package sessions

import (
	"crypto/sha256"
	"time"
	"unique"

	"natterjack/server/wire"
)

// Fingerprint identifies a token without revealing it.
type Fingerprint [sha256.Size]byte

// Token is a token that was found valid.
type Token struct {
	Fingerprint Fingerprint
	Expires     int64 // Unix milliseconds
}

// Session is an open session, on any transport. Its exported fields are set before
// [Registry.Enter] and not changed afterwards.
type Session struct {
	ID      string
	User    string
	Started int64 // Unix milliseconds
	Address string
	Client  unique.Handle[Client]
	Owner   Owner

	tokens []Token // tokens it has shown that may still be valid; guarded by the registry
}

// Client holds the facts that many sessions have in common. It is stored once for all of them.
type Client struct{ Transport, Agent string }

// Owner is the connection of a session. Its methods must return at once. They may be called
// several times, and also after the session has left.
type Owner interface {
	SignedOut() // the session is to end
	Heard()     // its client has made a request that names the session
}

func (s *Session) client() Client {
	if s.Client == (unique.Handle[Client]{}) {
		return Client{}
	}
	return s.Client.Value()
}

// maxTokens is how many tokens of a session are remembered. A session shows a new token with
// each refresh. The oldest are forgotten first. If tokens are valid for a day and refreshed
// every hour and a half, no valid token is forgotten.
const maxTokens = 16

// show records another token, and forgets those that have expired, even by a clock that is ahead
// by less than margin.
func (s *Session) show(t Token) {
	now := time.Now().UnixMilli()
	kept := s.tokens[:0]
	for _, old := range s.tokens {
		if old.Fingerprint != t.Fingerprint && now < old.Expires+margin.Milliseconds() {
			kept = append(kept, old)
		}
	}
	kept = append(kept, t)
	clear(s.tokens[min(len(kept), len(s.tokens)):])
	s.tokens = kept[max(0, len(kept)-maxTokens):]
}

func (s *Session) has(f Fingerprint) bool {
	for _, t := range s.tokens {
		if t.Fingerprint == f {
			return true
		}
	}
	return false
}

func (s *Session) frame() wire.Session {
	client := s.client()
	return wire.Session{ID: s.ID, Started: s.Started, Transport: client.Transport, Address: s.Address, Agent: client.Agent}
}
