package sessions

import (
	"crypto/sha256"
	"time"

	"natterjack/server/wire"
)

// Fingerprint names a token without being one.
type Fingerprint [sha256.Size]byte

// Token is one that was found good.
type Token struct {
	Fingerprint Fingerprint
	Expires     int64 // Unix milliseconds
}

// Session is an open one, on any transport. What is exported is set before [Registry.Enter] and not changed afterwards.
type Session struct {
	ID        string
	User      string
	Started   int64 // Unix milliseconds
	Transport string
	Address   string
	Agent     string
	Owner     Owner

	tokens []Token // that it has shown and that may be good still; guarded by the registry
}

// Owner is who can end a session. SignedOut must return at once; it may be called several times, and also after the session has left.
type Owner interface{ SignedOut() }

// maxTokens is how many tokens a session is remembered to have shown: whoever refreshes shows more than one. The oldest are forgotten
// first. With tokens of a day that are refreshed every hour and a half, none is.
const maxTokens = 16

// show notes another token, and forgets those that are over.
func (s *Session) show(t Token) {
	now := time.Now().UnixMilli()
	kept := s.tokens[:0]
	for _, old := range s.tokens {
		if old.Fingerprint != t.Fingerprint && now < old.Expires {
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
	return wire.Session{ID: s.ID, Started: s.Started, Transport: s.Transport, Address: s.Address, Agent: s.Agent}
}
