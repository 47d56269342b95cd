package conversation

import (
	"math"
	"slices"

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
	left     map[string]bool // users who left and have not come back since
	said     int64           // time of the last message
	came     map[string]int64
	messages []*message // by seq
	stays    map[string][]stay
	marks    map[string]mark // how far users have got since they came
	// former is how far members who came back had got before. The server forgets it a while
	// after they left.
	former map[string]mark

	requested map[string]bool
	invites   map[string]*invite // by secret
	secrets   []string           // of all invites ever made
	farewells map[string]int     // by user: how often they were removed, banned or refused
	removed   map[string]bool    // members who were removed and were not added since
	ended     map[string]bool    // users who were members, or waited, when the group was deleted

	blocked func(by, of string) bool
}

// stay is a range of messages that came while a user was a member: those with after < seq ≤
// upto.
type stay struct{ after, upto uint64 }

// mark is how far a user has got. A message that was read counts as received.
type mark struct{ read, delivered uint64 }

// beside returns a mark that is as far as the further one of the two.
func (m mark) beside(o mark) mark { return mark{max(m.read, o.read), max(m.delivered, o.delivered)} }

func newRoom(channel string, roles map[string]natter.Role, blocked func(by, of string) bool) *room {
	r := &room{
		id: channel, roles: map[string]natter.Role{}, banned: map[string]bool{}, left: map[string]bool{}, came: map[string]int64{}, stays: map[string][]stay{}, marks: map[string]mark{}, former: map[string]mark{},
		requested: map[string]bool{}, invites: map[string]*invite{}, farewells: map[string]int{}, removed: map[string]bool{}, ended: map[string]bool{}, blocked: blocked,
	}
	for user, role := range roles {
		r.enter(user, role)
	}
	return r
}

func (r *room) enter(user string, role natter.Role) {
	r.roles[user] = role
	r.former[user] = r.former[user].beside(r.marks[user])
	delete(r.marks, user)
	delete(r.requested, user)
	delete(r.removed, user)
	delete(r.left, user)
	r.stays[user] = append(r.stays[user], stay{uint64(len(r.messages)), math.MaxUint64})
}

func (r *room) exit(user string) {
	delete(r.requested, user)
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
	sender string
	content
	edited    bool
	deleted   bool
	pinned    bool
	reactions []reaction // in the order of first use
}

// content is the content of a message.
type content struct {
	text      string
	replyTo   uint64
	mentions  string // the user that it mentions, or everybody; empty for none
	forwarded string // the author of a forwarded text
}

// everybody stands for a mention of the whole channel. No user has this name.
const everybody = "*"

type reaction struct {
	emoji string
	users map[string]bool
}

// refusal is the code that the model expects instead of an ack; empty for an ack.
type refusal = wire.Code

const (
	none      refusal = ""
	forbidden         = wire.CodeForbidden
	invalid           = wire.CodeInvalid
)

var ranks = map[natter.Role]int{natter.RoleReader: 1, natter.RoleMember: 2, natter.RoleAdmin: 3, natter.RoleOwner: 4}

func (r *room) member(user string) bool { return r.roles[user] != "" && !r.deleted }

// open reports whether a user is in a channel that exists. A direct channel does not exist
// before its first message.
func (r *room) open(user string) bool { return r.member(user) && !(r.direct && len(r.messages) == 0) }

// may checks the conditions that every act needs. The user must be a member. In groups they
// need at least the given role, and the channel must not be archived, unless taking is set. In
// direct channels neither user may have blocked the other, unless taking is set: then something
// is only taken away.
func (r *room) may(user string, least natter.Role, taking bool) refusal {
	switch {
	case !r.open(user):
		return forbidden
	case r.direct && r.apart() && !taking:
		return forbidden
	case r.direct:
		return none
	case ranks[r.roles[user]] < ranks[least], r.archived && !taking:
		return forbidden
	}
	return none
}

// apart reports whether one of the two users of a direct channel has blocked the other.
func (r *room) apart() bool {
	a, b, _ := wire.DirectUsers(r.id)
	return r.direct && (r.blocked(a, b) || r.blocked(b, a))
}

func (r *room) send(user string, c content) refusal {
	if opens := r.direct && r.member(user) && len(r.messages) == 0; opens && r.apart() {
		return forbidden
	} else if no := r.may(user, natter.RoleMember, false); no != none && !opens {
		return no
	}
	if c.replyTo != 0 && r.at(user, c.replyTo) == nil {
		return invalid
	}
	r.messages = append(r.messages, &message{sender: user, content: c})
	return none
}

// words returns the content that a user takes from a message to forward it.
func (r *room) words(user string, seq uint64, hidden bool) (content, refusal) {
	m := r.at(user, seq)
	switch {
	case !r.open(user):
		return content{}, forbidden
	case m == nil, m.deleted, hidden:
		return content{}, invalid
	case m.forwarded != "":
		return content{text: m.text, forwarded: m.forwarded}, none
	default:
		return content{text: m.text, forwarded: m.sender}, none
	}
}

// at returns a message that a user may see, or nil. Messages sent while the user was not a
// member do not exist for them.
func (r *room) at(user string, seq uint64) *message {
	if seq == 0 || seq > uint64(len(r.messages)) || !r.shows(user, seq) {
		return nil
	}
	return r.messages[seq-1]
}

func (r *room) edit(user string, seq uint64, c content) refusal {
	if no := r.may(user, natter.RoleMember, false); no != none {
		return no
	}
	m := r.at(user, seq)
	switch {
	case m == nil:
		return invalid
	case m.sender != user:
		return forbidden
	case m.deleted:
		return invalid
	case m.forwarded != "":
		return forbidden
	case m.content == c:
		return none
	}
	m.content, m.edited = c, true
	return none
}

func (r *room) erase(user string, seq uint64) refusal {
	if no := r.may(user, natter.RoleReader, true); no != none {
		return no
	}
	m := r.at(user, seq)
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
	m := r.at(user, seq)
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
	m := r.at(user, seq)
	switch {
	case m == nil && remove:
	case m == nil, m.deleted && !remove:
		return invalid
	default:
		m.pinned = !remove
	}
	return none
}

// groupAct checks the conditions that every change of a group needs.
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
	if r.roles[other] != "" {
		return none
	}
	if !r.requested[other] && (r.left[other] || r.blocked(other, user) && other != user) {
		return forbidden
	}
	r.enter(other, natter.RoleMember)
	return none
}

// stamp records the time of a message, or of a user's coming.
func (r *room) stamp(at int64, user string) {
	if user == "" {
		r.said = max(r.said, at)
	} else {
		r.came[user] = at
	}
}

// active returns when the room was last active for a member.
func (r *room) active(user string) int64 { return max(r.said, r.came[user]) }

func (r *room) remove(user, other string, ban bool) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	switch {
	case ban && r.banned[other], !ban && r.roles[other] == "" && !r.requested[other]:
		return none
	case ranks[r.roles[other]] >= ranks[r.roles[user]]:
		return forbidden
	}
	if r.roles[other] != "" || r.requested[other] {
		r.farewells[other]++
	}
	if ban {
		r.banned[other] = true
	} else if r.roles[other] != "" {
		r.removed[other] = true
	}
	r.exit(other)
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
		r.end()
		return none
	case r.roles[user] == natter.RoleOwner:
		return forbidden
	}
	r.exit(user)
	r.left[user] = true
	return none
}

func (r *room) disband(user string) refusal {
	if no := r.groupAct(user, natter.RoleOwner, true); no != none {
		return no
	}
	r.end()
	return none
}

// end deletes a group. It keeps only which users were members, or waited, because they are
// told.
func (r *room) end() {
	for user := range r.roles {
		r.ended[user] = true
	}
	for user := range r.requested {
		r.ended[user] = true
	}
	r.deleted = true
	clear(r.roles)
	clear(r.requested)
}

func (r *room) archive(user string, archived bool) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	r.archived = archived
	return none
}
