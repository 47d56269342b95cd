package channel

import (
	"maps"
	"slices"

	"natterjack/server/wire"
)

// naive is a simple model of a channel: maps, no events, nothing shared, nothing optimised. It
// is written from the protocol's text, not from the rules. It tells the expected outcome of
// each command.
type naive struct {
	group, exists, deleted, archived bool
	name, topic                      string
	slow                             int64 // milliseconds
	role                             map[string]wire.Role
	banned, asked, quit              map[string]bool
	removed                          []string
	invites                          map[string]*naiveInvite // by hash
	said                             []*naiveMessage         // seq 1 comes first
	spoke                            map[string]int64
	active                           int64
	most                             int
}

type naiveInvite struct {
	expires  int64
	uses     int
	approval bool
}

type naiveMessage struct {
	sender, text    string
	files           []naiveFile
	replyTo         uint64
	deleted, pinned bool
	reactions       map[string]map[string]bool
	heard           map[string]bool // the members when it was sent
}

type naiveFile struct {
	id, caption string
	size        int64
}

// edited returns the files of a message after an edit that names some of them.
func (m *naiveMessage) edited(named []wire.Attachment) (files []naiveFile, possible bool) {
	if named == nil {
		return m.files, true
	}
	for _, n := range named {
		found := false
		for _, f := range m.files {
			if f.id == n.ID {
				files, found = append(files, naiveFile{n.ID, n.Caption, f.size}), true
			}
		}
		if !found {
			return nil, false
		}
	}
	return files, true
}

const (
	done    = "=" // nothing to do, no error
	changed = "+"
)

func newNaive(most int) *naive {
	return &naive{
		role: map[string]wire.Role{}, banned: map[string]bool{}, asked: map[string]bool{}, quit: map[string]bool{}, invites: map[string]*naiveInvite{},
		spoke: map[string]int64{}, most: most,
	}
}

// carryOut returns done, changed, or the code of the error.
func (n *naive) carryOut(user string, cmd wire.Command, now int64) string {
	// Otherwise one of the two clocks is wrong, and the writer's own counts.
	if n.active-now <= 2000 {
		now = max(now, n.active)
	}
	var got string
	switch c := cmd.(type) {
	case wire.CreateGroup:
		got = n.create(user, c)
	case wire.Join:
		got = n.join(user, c, now)
	default:
		got = n.change(user, cmd, now)
	}
	if got == changed {
		n.active = now
	}
	return got
}

func (n *naive) create(user string, c wire.CreateGroup) string {
	all := map[string]bool{user: true}
	for _, m := range c.Members {
		all[m] = true
	}
	switch {
	case n.deleted:
		return string(wire.CodeConflict)
	case n.exists:
		return done // the test creates each group in one way only
	case len(all) > n.most:
		return string(wire.CodeTooLarge)
	}
	n.group, n.exists, n.name = true, true, c.Name
	for m := range all {
		n.role[m] = wire.RoleMember
	}
	n.role[user] = wire.RoleOwner
	return changed
}

func (n *naive) admin(user string) bool {
	return n.role[user] == wire.RoleOwner || n.role[user] == wire.RoleAdmin
}

func (n *naive) writer(user string) bool { return n.admin(user) || n.role[user] == wire.RoleMember }

// over reports whether a may act against b.
func (n *naive) over(a, b string) bool {
	return n.role[a] == wire.RoleOwner && n.role[b] != wire.RoleOwner || n.role[a] == wire.RoleAdmin && !n.admin(b)
}

// change carries out commands of members.
func (n *naive) change(user string, cmd wire.Command, now int64) string {
	_, member := n.role[user]
	if !n.exists || n.deleted || !member {
		return string(wire.CodeForbidden)
	}
	switch c := cmd.(type) {
	case wire.Send, wire.Edit, wire.React:
		if n.archived || !n.writer(user) {
			return string(wire.CodeForbidden)
		}
		return n.write(user, cmd, now)
	case wire.Delete:
		return n.erase(user, c)
	case wire.Pin:
		if n.archived || n.group && !n.admin(user) {
			return string(wire.CodeForbidden)
		}
		return n.pin(user, c)
	}
	if !n.group {
		return string(wire.CodeInvalid)
	}
	switch cmd.(type) {
	case wire.Leave:
		return n.leave(user)
	case wire.DeleteChannel:
		if n.role[user] != wire.RoleOwner {
			return string(wire.CodeForbidden)
		}
		n.end()
		return changed
	}
	if !n.admin(user) {
		return string(wire.CodeForbidden)
	}
	return n.administer(user, cmd, now)
}

func (n *naive) write(user string, cmd wire.Command, now int64) string {
	switch c := cmd.(type) {
	case wire.Send:
		return n.send(user, c, now)
	case wire.Edit:
		m, no := n.message(user, c.Seq)
		switch {
		case m == nil:
			return no
		case m.sender != user:
			return string(wire.CodeForbidden)
		case m.deleted:
			return string(wire.CodeInvalid)
		}
		files, possible := m.edited(c.Content.Attachments)
		switch {
		case !possible:
			return string(wire.CodeInvalid)
		case m.text == c.Content.Text && m.replyTo == c.Content.ReplyTo && slices.Equal(m.files, files):
			return done
		case c.Content.ReplyTo >= c.Seq || !n.answerable(user, c.Content.ReplyTo):
			return string(wire.CodeInvalid)
		}
		m.text, m.replyTo, m.files = c.Content.Text, c.Content.ReplyTo, files
	case wire.React:
		m, no := n.message(user, c.Seq)
		switch {
		case m == nil:
			return no
		case m.deleted && !c.Remove:
			return string(wire.CodeInvalid)
		case m.reactions[c.Emoji][user] != c.Remove:
			return done
		case c.Remove:
			delete(m.reactions[c.Emoji], user)
			return changed
		case m.reactions[c.Emoji] == nil:
			m.reactions[c.Emoji] = map[string]bool{}
		}
		m.reactions[c.Emoji][user] = true
	}
	return changed
}

func (n *naive) message(user string, seq uint64) (*naiveMessage, string) {
	if seq < 1 || seq > uint64(len(n.said)) || !n.said[seq-1].heard[user] {
		return nil, string(wire.CodeInvalid)
	}
	return n.said[seq-1], ""
}

func (n *naive) send(user string, c wire.Send, now int64) string {
	if !n.answerable(user, c.Content.ReplyTo) {
		return string(wire.CodeInvalid)
	}
	if n.slow > 0 && !n.admin(user) {
		if at, ok := n.spoke[user]; ok && now < at+n.slow && at <= now+2000 {
			return string(wire.CodeTooFast)
		}
		n.spoke[user] = now
		maps.DeleteFunc(n.spoke, func(_ string, at int64) bool { return at+n.slow <= now || at > now+2000 })
	}
	m := &naiveMessage{
		sender: user, text: c.Content.Text, replyTo: c.Content.ReplyTo,
		reactions: map[string]map[string]bool{}, heard: map[string]bool{},
	}
	for _, a := range c.Content.Attachments {
		m.files = append(m.files, naiveFile{a.ID, a.Caption, a.Size})
	}
	for member := range n.role {
		m.heard[member] = true
	}
	n.said = append(n.said, m)
	return changed
}

// answerable reports whether a user may answer a message. 0 means no message.
func (n *naive) answerable(user string, seq uint64) bool {
	m, _ := n.message(user, seq)
	return seq == 0 || m != nil
}

func (n *naive) erase(user string, c wire.Delete) string {
	m, no := n.message(user, c.Seq)
	switch {
	case m == nil:
		return no
	case m.sender != user && !(n.group && n.over(user, m.sender)):
		return string(wire.CodeForbidden)
	case m.deleted:
		return done
	}
	*m = naiveMessage{sender: m.sender, deleted: true, reactions: map[string]map[string]bool{}, heard: m.heard}
	return changed
}

func (n *naive) pin(user string, c wire.Pin) string {
	m, no := n.message(user, c.Seq)
	switch {
	case m == nil && c.Remove:
		return done
	case m == nil:
		return no
	case m.deleted && !c.Remove:
		return string(wire.CodeInvalid)
	case m.pinned != c.Remove:
		return done
	}
	m.pinned = !c.Remove
	return changed
}

func (n *naive) leave(user string) string {
	switch {
	case len(n.role) == 1:
		n.end()
	case n.role[user] == wire.RoleOwner:
		return string(wire.CodeForbidden)
	default:
		delete(n.role, user)
		n.quit[user] = true
	}
	return changed
}

func (n *naive) end() {
	active := n.active
	*n = *newNaive(n.most)
	n.group, n.exists, n.deleted, n.active = true, true, true, active
}

// administer carries out commands of admins and the owner.
func (n *naive) administer(user string, cmd wire.Command, now int64) string {
	switch c := cmd.(type) {
	case wire.UpdateChannel:
		return n.update(c)
	case wire.AddMembers:
		return n.add(c)
	case wire.RemoveMember:
		return n.remove(user, c)
	case wire.Unban:
		if !n.banned[c.User] {
			return done
		}
		delete(n.banned, c.User)
	case wire.SetRole:
		return n.setRole(user, c)
	case wire.CreateInvite:
		return n.invite(c, now)
	case wire.RevokeInvite:
		if n.invites[c.Hash] == nil {
			return done
		}
		delete(n.invites, c.Hash)
	default:
		return "?"
	}
	return changed
}

func (n *naive) update(c wire.UpdateChannel) string {
	name, topic, slow, archived := n.name, n.topic, n.slow, n.archived
	if c.Name != nil {
		name = *c.Name
	}
	if c.Topic != nil {
		topic = *c.Topic
	}
	if c.SlowModeS != nil {
		slow = int64(*c.SlowModeS) * 1000
	}
	if c.Archived != nil {
		archived = *c.Archived
	}
	switch {
	case name == n.name && topic == n.topic && slow == n.slow && archived == n.archived:
		return done
	case n.archived && archived:
		return string(wire.CodeForbidden)
	}
	n.name, n.topic, n.slow, n.archived = name, topic, slow, archived
	if slow == 0 {
		clear(n.spoke)
	}
	return changed
}

func (n *naive) add(c wire.AddMembers) string {
	added := map[string]bool{}
	for _, m := range c.Members {
		if _, member := n.role[m]; !member {
			added[m] = true
		}
	}
	switch {
	case n.archived:
		return string(wire.CodeForbidden)
	case slices.ContainsFunc(c.Members, func(m string) bool { return n.banned[m] }):
		return string(wire.CodeForbidden)
	case slices.ContainsFunc(c.Members, func(m string) bool { return added[m] && n.quit[m] && !n.asked[m] }):
		return string(wire.CodeForbidden)
	case len(added) == 0:
		return done
	case len(n.role)+len(added) > n.most:
		return string(wire.CodeTooLarge)
	}
	for m := range added {
		n.role[m] = wire.RoleMember
		n.removed = slices.DeleteFunc(n.removed, func(u string) bool { return u == m })
		delete(n.asked, m)
		delete(n.quit, m)
	}
	return changed
}

func (n *naive) remove(user string, c wire.RemoveMember) string {
	_, member := n.role[c.User]
	switch {
	case c.Ban && n.banned[c.User], !c.Ban && !member && !n.asked[c.User]:
		return done
	case !n.over(user, c.User):
		return string(wire.CodeForbidden)
	}
	delete(n.role, c.User)
	delete(n.asked, c.User)
	if c.Ban {
		n.banned[c.User] = true
	} else if member {
		n.removed = append(n.removed, c.User)
	}
	return changed
}

func (n *naive) setRole(user string, c wire.SetRole) string {
	now, member := n.role[c.User]
	switch {
	case !member:
		return string(wire.CodeInvalid)
	case now == c.Role:
		return done
	case !n.over(user, c.User):
		return string(wire.CodeForbidden)
	case n.role[user] == wire.RoleAdmin && c.Role != wire.RoleMember && c.Role != wire.RoleReader:
		return string(wire.CodeForbidden)
	case c.Role == wire.RoleOwner:
		n.role[user] = wire.RoleAdmin
	}
	n.role[c.User] = c.Role
	return changed
}

func (n *naive) invite(c wire.CreateInvite, now int64) string {
	next := naiveInvite{uses: c.Uses, approval: c.Approval}
	if c.ExpiresS > 0 {
		next.expires = now + int64(c.ExpiresS)*1000
	}
	before := n.invites[c.Hash]
	switch {
	case n.archived:
		return string(wire.CodeForbidden)
	case before != nil && *before == next:
		return done
	}
	n.invites[c.Hash] = &next
	return changed
}

func (n *naive) join(user string, c wire.Join, now int64) string {
	if _, member := n.role[user]; member && n.group {
		return done
	} else if member {
		return string(wire.CodeInvalid)
	}
	i := n.invites[hashOf(c.Secret)]
	if i != nil && i.expires != 0 && i.expires <= now {
		i = nil
	}
	switch {
	case n.asked[user] && (i == nil || i.approval):
		return done
	case i == nil || n.banned[user] || slices.Contains(n.removed, user) || n.archived:
		return string(wire.CodeForbidden)
	case !i.approval && len(n.role) >= n.most:
		return string(wire.CodeTooLarge)
	case i.approval:
		n.asked[user] = true
	default:
		n.role[user] = wire.RoleMember
		delete(n.asked, user)
		delete(n.quit, user)
	}
	if i.uses == 1 {
		delete(n.invites, hashOf(c.Secret))
	} else if i.uses > 1 {
		i.uses--
	}
	return changed
}
