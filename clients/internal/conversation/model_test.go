package conversation

import (
	"maps"
	"math"
	"slices"
	"strings"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// room is a channel as it should be.
type room struct {
	id       string
	direct   bool
	archived bool
	deleted  bool
	roles    map[string]natter.Role
	banned   map[string]bool
	messages []*message // by seq
	stays    map[string][]stay
	read     map[string]uint64
}

// stay is a stretch of messages that came while somebody was a member: those with after < seq ≤ upto.
type stay struct{ after, upto uint64 }

func newRoom(id string, roles map[string]natter.Role) *room {
	r := &room{id: id, roles: map[string]natter.Role{}, banned: map[string]bool{}, stays: map[string][]stay{}, read: map[string]uint64{}}
	for user, role := range roles {
		r.enter(user, role)
	}
	return r
}

func (r *room) enter(user string, role natter.Role) {
	r.roles[user] = role
	r.stays[user] = append(r.stays[user], stay{uint64(len(r.messages)), math.MaxUint64})
}

func (r *room) exit(user string) {
	if r.roles[user] == "" {
		return
	}
	delete(r.roles, user)
	last := &r.stays[user][len(r.stays[user])-1]
	last.upto = uint64(len(r.messages))
}

func (r *room) shows(user string, seq uint64) bool {
	return slices.ContainsFunc(r.stays[user], func(s stay) bool { return seq > s.after && seq <= s.upto })
}

// message is a message as it should be.
type message struct {
	sender    string
	text      string
	replyTo   uint64
	edited    bool
	deleted   bool
	pinned    bool
	reactions []reaction // in the order of first use
}

type reaction struct {
	emoji string
	users map[string]bool
}

// refusal is what the model expects instead of an ack; none where empty.
type refusal = wire.Code

const (
	none      refusal = ""
	forbidden         = wire.CodeForbidden
	invalid           = wire.CodeInvalid
)

var ranks = map[natter.Role]int{natter.RoleReader: 1, natter.RoleMember: 2, natter.RoleAdmin: 3, natter.RoleOwner: 4}

func (r *room) member(user string) bool { return r.roles[user] != "" && !r.deleted }

// may is what every act needs: to be a member, in groups of at least that role, and a channel that is not archived unless that is fine.
func (r *room) may(user string, least natter.Role, archived bool) refusal {
	switch {
	case !r.member(user), r.direct && len(r.messages) == 0: // nobody has opened it
		return forbidden
	case r.direct:
		return none
	case ranks[r.roles[user]] < ranks[least], r.archived && !archived:
		return forbidden
	}
	return none
}

func (r *room) send(user, text string, replyTo uint64) refusal {
	opens := r.direct && r.member(user) && len(r.messages) == 0
	if no := r.may(user, natter.RoleMember, false); no != none && !opens {
		return no
	}
	if replyTo > uint64(len(r.messages)) {
		return invalid
	}
	r.messages = append(r.messages, &message{sender: user, text: text, replyTo: replyTo})
	return none
}

// at is a message by seq, or nil.
func (r *room) at(seq uint64) *message {
	if seq == 0 || seq > uint64(len(r.messages)) {
		return nil
	}
	return r.messages[seq-1]
}

func (r *room) edit(user string, seq uint64, text string) refusal {
	if no := r.may(user, natter.RoleMember, false); no != none {
		return no
	}
	m := r.at(seq)
	switch {
	case m == nil:
		return invalid
	case m.sender != user:
		return forbidden
	case m.deleted:
		return invalid
	case m.text == text && m.replyTo == 0:
		return none
	}
	m.text, m.edited, m.replyTo = text, true, 0
	return none
}

func (r *room) erase(user string, seq uint64) refusal {
	if no := r.may(user, natter.RoleReader, true); no != none {
		return no
	}
	m := r.at(seq)
	switch {
	case m == nil:
		return invalid
	case m.sender != user && (r.direct || ranks[r.roles[user]] < ranks[natter.RoleAdmin] || ranks[r.roles[m.sender]] >= ranks[r.roles[user]]):
		return forbidden
	}
	*m = message{sender: m.sender, deleted: true}
	return none
}

func (r *room) react(user string, seq uint64, emoji string, remove bool) refusal {
	if no := r.may(user, natter.RoleMember, false); no != none {
		return no
	}
	m := r.at(seq)
	if m == nil || m.deleted && !remove {
		return invalid
	}
	i := slices.IndexFunc(m.reactions, func(x reaction) bool { return x.emoji == emoji })
	switch {
	case i < 0 && !remove:
		m.reactions = append(m.reactions, reaction{emoji, map[string]bool{user: true}})
	case i >= 0 && !remove:
		m.reactions[i].users[user] = true
	case i >= 0:
		delete(m.reactions[i].users, user)
		if len(m.reactions[i].users) == 0 {
			m.reactions = slices.Delete(m.reactions, i, i+1)
		}
	}
	return none
}

func (r *room) pin(user string, seq uint64, remove bool) refusal {
	if no := r.may(user, natter.RoleAdmin, false); no != none {
		return no
	}
	m := r.at(seq)
	switch {
	case m == nil && remove:
	case m == nil, m.deleted && !remove:
		return invalid
	default:
		m.pinned = !remove
	}
	return none
}

// groupAct is what every change of a group needs.
func (r *room) groupAct(user string, least natter.Role, archived bool) refusal {
	if no := r.may(user, natter.RoleReader, true); no != none {
		return no
	}
	if r.direct {
		return invalid
	}
	return r.may(user, least, archived)
}

func (r *room) add(user, other string) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, false); no != none {
		return no
	}
	if r.banned[other] {
		return forbidden
	}
	if r.roles[other] == "" {
		r.enter(other, natter.RoleMember)
	}
	return none
}

func (r *room) remove(user, other string, ban bool) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	switch {
	case ban && r.banned[other], !ban && r.roles[other] == "":
		return none
	case ranks[r.roles[other]] >= ranks[r.roles[user]]:
		return forbidden
	}
	r.exit(other)
	if ban {
		r.banned[other] = true
	}
	return none
}

func (r *room) unban(user, other string) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	delete(r.banned, other)
	return none
}

func (r *room) setRole(user, other string, role natter.Role) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	own, now := r.roles[user], r.roles[other]
	switch {
	case now == "":
		return invalid
	case now == role:
		return none
	case other == user && own == natter.RoleOwner, ranks[now] >= ranks[own], own != natter.RoleOwner && ranks[role] >= ranks[own]:
		return forbidden
	}
	r.roles[other] = role
	if role == natter.RoleOwner {
		r.roles[user] = natter.RoleAdmin
	}
	return none
}

func (r *room) leave(user string) refusal {
	if no := r.groupAct(user, natter.RoleReader, true); no != none {
		return no
	}
	switch {
	case len(r.roles) == 1:
		r.deleted = true
	case r.roles[user] == natter.RoleOwner:
		return forbidden
	}
	r.exit(user)
	return none
}

func (r *room) archive(user string, archived bool) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	r.archived = archived
	return none
}

func (r *room) reads(user string, seq uint64) refusal {
	if no := r.may(user, natter.RoleReader, true); no != none {
		return no
	}
	r.read[user] = max(r.read[user], min(seq, uint64(len(r.messages))))
	return none
}

// unread is how many messages came since a member joined, last read and last wrote.
func (r *room) unread(user string) uint64 {
	seen := max(r.read[user], r.stays[user][len(r.stays[user])-1].after)
	for i, m := range r.messages {
		if m.sender == user {
			seen = max(seen, uint64(i+1))
		}
	}
	return uint64(len(r.messages)) - seen
}

// events are the room's history as pages show it to a member.
func (r *room) events(user string) (events []shown) {
	for i, m := range r.messages {
		if !r.shows(user, uint64(i+1)) {
			continue
		}
		s := shown{Seq: uint64(i + 1), Sender: m.sender, Text: m.text, ReplyTo: m.replyTo, Edited: m.edited, Deleted: m.deleted, Pinned: m.pinned}
		for _, x := range m.reactions {
			s.Reactions = append(s.Reactions, x.emoji+strings.Join(slices.Sorted(maps.Keys(x.users)), ","))
		}
		events = append(events, s)
	}
	return events
}

// shown is a message as a user sees it.
type shown struct {
	Seq                     uint64
	Sender, Text            string
	ReplyTo                 uint64
	Edited, Deleted, Pinned bool
	Reactions               []string
}

func show(ev *natter.Event) shown {
	s := shown{Seq: ev.Seq, Sender: ev.Sender, Edited: ev.Edited != 0, Deleted: ev.Deleted, Pinned: ev.Pinned}
	if ev.Content != nil {
		s.Text, s.ReplyTo = ev.Content.Text, ev.Content.ReplyTo
	}
	for _, x := range ev.Reactions {
		s.Reactions = append(s.Reactions, x.Emoji+strings.Join(x.Users, ","))
	}
	return s
}
