package embed

import (
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// The subjects of nodes among themselves, and those by which the engine writes. A test compares
// them with the subscriptions and streams of a real node.
var (
	// nodesOnly are the subjects that only nodes publish to and subscribe to.
	nodesOnly = []string{
		"$KV.>", "clock", "copies", "copies.>", "dead.>", "duty.>", "leads.>", "level", "presence.>", "pushlog.>", "queue.>", "receipt.>", "remembers",
		"sessions.>", "typing.>", "views", "views.>", "writer.>",
	}
	// written are the subjects that only nodes publish to. These are the subjects of the log, and
	// the API by which the engine makes a stream that writes for its maker (republish, sources,
	// restored messages).
	written = []string{
		"chat.>", "push.>", "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.RESTORE.>", "$JS.SNAPSHOT.RESTORE.>",
	}
	// answered are the subjects that only nodes subscribe to.
	answered = []string{"api.>"}
)

// members refuses users of the chat account who may do what only nodes may. A permission that
// is missing allows everything.
func (e *Exposure) members(o *server.Options) {
	for _, u := range o.Users {
		if u.Account != nil && u.Account.Name == Account {
			e.member("user "+u.Username, u.Permissions)
		}
	}
	for _, u := range o.Nkeys {
		if u.Account != nil && u.Account.Name == Account {
			e.member("user "+u.Nkey, u.Permissions)
		}
	}
	leaf := o.LeafNode.Account == Account
	for _, u := range o.LeafNode.Users {
		leaf = leaf || u.Account != nil && u.Account.Name == Account
	}
	for _, r := range o.LeafNode.Remotes {
		leaf = leaf || r.LocalAccount == Account
	}
	if leaf {
		e.refuse("leafnodes: another server would have all of account %s, its log too: give it an account of its own", Account)
	}
}

func (e *Exposure) member(who string, p *server.Permissions) {
	if p == nil {
		e.refuse("%s of account %s has no permissions, so it could write to the log and answer requests in a node's place: "+
			`give it lists for publish and subscribe, and the account default_permissions { publish { deny: ">" }, subscribe { deny: ">" } }`, who, Account)
		return
	}
	if p.Response != nil {
		e.refuse("%s of account %s has allow_responses, with which a request chooses where it writes: list its subjects instead", who, Account)
	}
	if s := reaches(p.Publish, slices.Concat(nodesOnly, written)); s != "" {
		e.refuse("%s of account %s may publish to %s, which is for nodes only: take it out of its list, or deny it", who, Account, s)
	}
	if s := reaches(p.Subscribe, slices.Concat(nodesOnly, answered)); s != "" {
		e.refuse("%s of account %s may subscribe to %s, which is for nodes only: take it out of its list, or deny it", who, Account, s)
	}
	if s := anyInbox(p.Subscribe); s != "" {
		e.refuse("%s of account %s may subscribe to %s, so it could read the answers to others: give it an inbox of its own, such as "+
			"_INBOX.%s.>, and its client the inbox prefix", who, Account, s, strings.TrimPrefix(who, "user "))
	}
}

// reaches returns the first subject of a list of which a permission allows any part.
func reaches(p *server.SubjectPermission, inner []string) string {
	for _, s := range inner {
		for _, a := range allowed(p) {
			if server.SubjectsCollide(a, s) && !denied(p, a) && !denied(p, s) {
				return s
			}
		}
	}
	return ""
}

// anyInbox returns a subject that a permission allows and that includes the inboxes of others. A
// user's inboxes are below _INBOX.USER, and a node's begin with _INBOX_.
func anyInbox(p *server.SubjectPermission) string {
	for _, a := range allowed(p) {
		first, rest, _ := strings.Cut(a, ".")
		second, _, _ := strings.Cut(rest, ".")
		wild := first == ">" || first == "*" || first == "_INBOX" && (second == ">" || second == "*")
		if wild && !denied(p, a) {
			return a
		}
	}
	return ""
}

// allowed returns the subjects that a permission allows, if nothing denies them.
func allowed(p *server.SubjectPermission) (subjects []string) {
	if p == nil || p.Allow == nil {
		return []string{">"}
	}
	for _, a := range p.Allow {
		subject, _, _ := strings.Cut(a, " ") // the name of a queue may follow
		subjects = append(subjects, subject)
	}
	return subjects
}

// denied reports whether a permission denies all of a subject.
func denied(p *server.SubjectPermission, subject string) bool {
	return p != nil && slices.ContainsFunc(p.Deny, func(d string) bool {
		d, queue, _ := strings.Cut(d, " ")
		return queue == "" && server.SubjectMatchesFilter(subject, d)
	})
}
