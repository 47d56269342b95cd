package presence

import (
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// presentSubject is the subject on which a node asks the others which of some users are
	// connected to them. Only nodes may use it: the answers include invisible users.
	presentSubject = "presence.present"
	// presentWait bounds how long a node waits for the others' answers. A user who has sent a
	// message waits for it.
	presentWait = 100 * time.Millisecond
)

// question asks which of some users are connected to other nodes. From is the token of the node
// that asks, which does not answer itself.
type question struct {
	From  string   `json:"from"`
	Users []string `json:"users"`
}

// Present returns which of some users are connected to any node now, or appear to be. It includes
// invisible users, so the result must not be shown to users. The bucket does not tell of invisible
// users on other nodes. So Present asks those nodes, for a tenth of a second at most; a node that
// does not answer in time counts as having none.
func (t *Tracker) Present(users []string) []string {
	present := map[string]bool{}
	var rest []string
	for _, user := range users {
		if state, _ := t.roster.of(user); state > offline || t.local.connected(user) {
			present[user] = true
		} else {
			rest = append(rest, user)
		}
	}
	if others := t.roster.living() - 1; others > 0 && len(rest) > 0 {
		found, err := t.askOthers(others, rest)
		if err != nil {
			t.log.Warn("could not find out which users are connected to other nodes", "error", err)
		}
		for _, user := range found {
			present[user] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(users), func(user string) bool { return !present[user] })
}

// Active reports whether a user uses the chat now, on any node, and has not gone away from it, as
// far as this node knows. It asks no other node. It includes invisible users, so the result must
// not be shown to users.
func (t *Tracker) Active(user string) bool {
	if state, _ := t.roster.of(user); state >= online {
		return true
	}
	return t.local.active(user) || t.unseen.has(user, time.Now().Add(-hiddenKept*t.times.renew))
}

// askOthers returns which of some users are connected to other nodes, of which there are n.
func (t *Tracker) askOthers(n int, users []string) (found []string, err error) {
	conn := t.js.Conn()
	inbox := conn.NewRespInbox()
	answers, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }() // fails only where the connection has ended
	body, err := encode(question{t.node, users})
	if err == nil {
		err = conn.PublishRequest(presentSubject, inbox, body)
	}
	for deadline := time.Now().Add(presentWait); n > 0 && err == nil; n-- {
		var answer *nats.Msg
		if answer, err = answers.NextMsg(time.Until(deadline)); err == nil {
			var some []string
			some, err = decode[[]string](answer.Data)
			found = append(found, some...)
		}
	}
	return found, err
}

// answerPresent answers the question of another node.
func (t *Tracker) answerPresent(msg *nats.Msg) {
	q, err := decode[question](msg.Data)
	if err != nil || q.From == t.node {
		return
	}
	body, err := encode(slices.DeleteFunc(q.Users, func(user string) bool { return !t.local.connected(user) }))
	if err == nil {
		err = msg.Respond(body)
	}
	if err != nil {
		t.log.Warn("could not tell another node which users are connected here", "error", err)
	}
}
