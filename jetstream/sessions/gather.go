package sessions

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"

	"natterjack/server/wire"
)

// gatherFor is how long the nodes have to answer.
const gatherFor = 300 * time.Millisecond

// Subjects of core NATS between nodes. Only nodes may use them.
const (
	listPrefix     = "sessions.list."
	revokedSubject = "sessions.revoked"
	calledSubject  = "sessions.called"
)

func listSubject(user string) string { return listPrefix + user }

// told is a session as nodes describe it to each other.
type told struct {
	Session wire.Session `json:"session"`
	Tokens  []toldToken  `json:"tokens,omitzero"`
}

// question is the question of a node about a user's sessions. The zero value asks for all of them
// with their tokens, as nodes of earlier versions do, which send no data.
type question struct {
	List    bool   `json:"list,omitzero"`    // all sessions, without their tokens
	Session string `json:"session,omitzero"` // only the one of this id
}

type toldToken struct {
	Fingerprint string `json:"fingerprint"` // hexadecimal
	Expires     int64  `json:"expires"`     // Unix milliseconds
}

// List returns a user's sessions on all nodes, the latest first. current is the id of the
// asking session, or "". Sessions of a node that does not answer in time are left out, and so are
// those that would make the reply larger than its weight.
func (r *Registry) List(ctx context.Context, user, current string) ([]wire.Session, error) {
	all, err := r.gather(ctx, user, question{List: true})
	sessions := make([]wire.Session, len(all))
	for i, t := range all {
		sessions[i] = t.Session
		sessions[i].Current = t.Session.ID == current
	}
	slices.SortStableFunc(sessions, func(a, b wire.Session) int { return cmp.Compare(b.Started, a.Started) })
	return sessions, err
}

// SignOut revokes the tokens of one of a user's sessions. When it returns, the revocation is
// stored. Sessions with these tokens end a moment later.
func (r *Registry) SignOut(ctx context.Context, user, session string) error {
	all, err := r.gather(ctx, user, question{Session: session})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(t told) bool { return t.Session.ID == session })
	if i < 0 {
		return wire.Errorf(wire.CodeInvalid, "session: you have none of this id open")
	}
	for _, t := range all[i].Tokens {
		if err := r.revokeToken(ctx, user, t); err != nil {
			return err
		}
	}
	return nil
}

// Revoke revokes a token of a user, whether or not it has opened a session. When it returns, the
// revocation is stored.
func (r *Registry) Revoke(ctx context.Context, user string, t Token) error {
	return r.revokeToken(ctx, user, describeToken(t))
}

func (r *Registry) revokeToken(ctx context.Context, user string, t toldToken) error {
	if err := r.store(ctx, t.Fingerprint, revocation{User: user, Expires: t.Expires}); err != nil {
		r.log.WarnContext(ctx, "a token could not be revoked", "error", err)
		return wire.Errorf(wire.CodeUnavailable, "the session could not be signed out; try again")
	}
	return nil
}

func describeToken(t Token) toldToken {
	return toldToken{hex.EncodeToString(t.Fingerprint[:]), t.Expires}
}

// maxGathered bounds the bytes of the answers to a list that are kept: as many as the node that
// asks has reserved for the reply. An answer that does not fit is left out, and smaller ones may
// follow.
var maxGathered = wire.OperationOf(wire.ListSessions{}).Weight()

// gather asks all nodes, including this one, for a user's sessions.
func (r *Registry) gather(ctx context.Context, user string, q question) (all []told, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("sessions: ask: %w", err)
	}
	inbox := r.conn.NewInbox()
	sub, err := r.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("sessions: subscribe: %w", err)
	}
	// It fails on a lost connection, where the subscription has ended anyway.
	defer func() { _ = sub.Unsubscribe() }()
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	if err := r.conn.PublishRequest(listSubject(user), inbox, body); err != nil {
		return nil, fmt.Errorf("sessions: ask: %w", err)
	}
	room := maxGathered
	for answers := 0; answers < max(1, r.nodes()); {
		msg, err := sub.NextMsgWithContext(ctx)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("sessions: hear: %w", err)
		}
		answers++
		if len(msg.Data) > room && q.Session == "" {
			continue
		}
		var some []told
		if json.Unmarshal(msg.Data, &some) == nil { // else a newer node sent it
			all, room = append(all, some...), room-len(msg.Data)
		}
	}
	return all, nil
}

// answer sends another node a user's sessions on this node.
func (r *Registry) answer(msg *nats.Msg) {
	var q question
	_ = json.Unmarshal(msg.Data, &q) // a node of an earlier version sends nothing, and gets all
	data, err := json.Marshal(r.own(strings.TrimPrefix(msg.Subject, listPrefix), q))
	if err == nil {
		err = msg.Respond(data)
	}
	if err != nil {
		r.log.Warn("another node could not be told of the sessions here", "error", err)
	}
}

func (r *Registry) own(user string, q question) []told {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := []told{}
	for _, s := range r.byUser[user] {
		if q.Session != "" && s.ID != q.Session {
			continue
		}
		t := told{Session: s.frame()}
		for _, token := range s.tokens {
			if q.List {
				break
			}
			t.Tokens = append(t.Tokens, describeToken(token))
		}
		all = append(all, t)
	}
	return all
}
