package sessions

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
)

// maxID is the length of the longest id that nodes tell each other, in bytes.
const maxID = 64

// called is a session that a request has named.
type called struct {
	User    string `json:"user"`
	Session string `json:"session"`
}

// Hear says that a request of a user has named one of the user's sessions, which is on another
// node. The node that has it tells its owner. If that gets lost, the client's next request
// makes up for it.
func (r *Registry) Hear(user, session string) {
	if len(session) > maxID {
		return
	}
	news, err := json.Marshal(called{user, session})
	if err == nil {
		err = r.conn.Publish(calledSubject, news)
	}
	if err != nil {
		r.log.Debug("the node that has a session could not be told that a request named it", "error", err)
	}
}

// called tells the owner of a session on this node that a request has named the session.
func (r *Registry) called(msg *nats.Msg) {
	var c called
	if json.Unmarshal(msg.Data, &c) != nil { // a newer node sent it
		return
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := r.byUser[c.User]
	if i := slices.IndexFunc(all, func(s *Session) bool { return s.ID == c.Session }); i >= 0 {
		all[i].Owner.Heard()
	}
}
