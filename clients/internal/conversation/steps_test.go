package conversation

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	natter "natterjack/clients/go"
)

// steps returns the operations that can happen. Operations that many others need are drawn more
// often.
func (w *world) steps() map[string]func(*rapid.T) {
	steps := map[string]func(*rapid.T){
		"send": w.send, "send more": w.send, "say": w.send, "say more": w.send, "read more": w.read, "react more": w.react, "edit more": w.edit,
		"reply": w.reply, "retry": w.retry, "repeat": w.repeat, "repeat more": w.repeat, "repeat again": w.repeat, "edit": w.edit, "delete": w.erase, "react": w.react, "pin": w.pin, "forward": w.forward,
		"group": w.group, "add": w.add, "remove": w.remove, "unban": w.unban, "role": w.role, "leave": w.leave, "archive": w.archive, "disband": w.disband,
		"invite": w.invite, "revoke": w.revoke, "join": w.join,
		"read": w.read, "received": w.received, "set": w.set,
		"list": w.list, "look": w.look, "away": w.away, "kill": w.kill, "restart": w.restart,
	}
	if !w.steady {
		steps["presence"] = w.appear
	}
	for name, step := range steps {
		steps[name] = func(t *rapid.T) {
			step(t)
			w.servers.steps++
		}
	}
	return steps
}

func (w *world) send(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	said, content := w.words(t)
	want := r.send(p.name, said)
	ack, err := c.SendContent(w.ctx, r.id, content, "")
	w.answered(t, r, p, "sends", want, err)
	if want != none {
		return
	}
	r.stamp(ack.Timestamp, "")
	if ack.Seq != uint64(len(r.messages)) {
		t.Fatalf("stored as %d, want %d%s", ack.Seq, len(r.messages), w.story(r.id))
	}
	p.sent = append(p.sent, sent{r, ack.Seq, ack.ClientID, content})
}

// retry sends a message once more under its client id. This changes nothing, even if the
// message is deleted or its sender has left.
func (w *world) retry(t *rapid.T) {
	p, c := w.someone(t)
	if len(p.sent) == 0 {
		return
	}
	again := p.sent[rapid.IntRange(0, len(p.sent)-1).Draw(t, "sent")]
	want := none
	if again.in.deleted {
		want = forbidden
	}
	ack, err := c.SendContent(w.ctx, again.in.id, again.content, again.clientID)
	w.answered(t, again.in, p, fmt.Sprint("sends again ", again.seq), want, err)
	if want == none && ack.Seq != again.seq {
		t.Fatalf("sent again and stored as %d, was %d%s", ack.Seq, again.seq, w.story(again.in.id))
	}
}

func (w *world) reply(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	said, sent := w.words(t)
	said.replyTo = w.seq(t, r)
	sent.ReplyTo = said.replyTo
	want := r.send(p.name, said)
	ack, err := c.SendContent(w.ctx, r.id, sent, "")
	w.answered(t, r, p, fmt.Sprint("answers", " ", said.replyTo), want, err)
	r.stamp(ack.Timestamp, "")
}

func (w *world) edit(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq := w.seq(t, r)
	if last := r.lastOf(p.name); last != 0 && rapid.Bool().Draw(t, "own") {
		seq = last
	}
	said, sent := w.words(t)
	if again := r.at(p.name, seq); again != nil && again.sender == p.name && p.edits[again].Text != "" && rapid.Bool().Draw(t, "as it is") {
		said, sent = again.content, p.edits[again]
	}
	want := r.edit(p.name, seq, said)
	if w.act(t, r, p, c, fmt.Sprint("edits", " ", seq), want, func(c client, id string) (natter.Ack, error) {
		return c.Edit(w.ctx, r.id, seq, sent, id)
	}) {
		p.edits[r.at(p.name, seq)] = sent
	}
}

// act gives a command under a client id, so that the person may repeat it later. Now and then it
// gives the command under another one, too, where there is nothing left to do.
func (w *world) act(t *rapid.T, r *room, p *person, c client, what string, want refusal, do func(client, string) (natter.Ack, error)) (done bool) {
	times := 1
	if want == none {
		times += rapid.IntRange(0, 1).Draw(t, "twice")
	}
	for range times {
		w.acts++
		id := fmt.Sprint("act", w.acts)
		again := func(c client) (natter.Ack, error) {
			ack, err := do(c, id)
			ack.Ref = natter.Ack{}.Ref // each try has its own
			return ack, err
		}
		ack, err := again(c)
		w.answered(t, r, p, what, want, err)
		if want == none {
			p.acts = append(p.acts, act{r, what, ack, again})
		}
	}
	return want == none
}

// repeat gives a command once more under its client id, whether it changed anything or not. This
// changes nothing, and the answer is the first one, whatever has changed since.
func (w *world) repeat(t *rapid.T) {
	p, c := w.someone(t)
	if len(p.acts) == 0 {
		return
	}
	a := p.acts[rapid.IntRange(0, len(p.acts)-1).Draw(t, "act")]
	want := none
	if a.in.deleted {
		want = forbidden
	}
	ack, err := a.again(c)
	w.answered(t, a.in, p, a.what+" again", want, err)
	if want == none && ack != a.ack {
		t.Fatalf("%s again: answered %+v, was %+v%s", a.what, ack, a.ack, w.story(a.in.id))
	}
}

func (w *world) erase(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq := w.seq(t, r)
	want := r.erase(p.name, seq)
	_, err := c.Delete(w.ctx, r.id, seq)
	w.answered(t, r, p, fmt.Sprint("deletes", " ", seq), want, err)
}

func (w *world) react(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq, emoji, remove := w.seq(t, r), rapid.SampledFrom([]string{"👍", "❤️", "🐸"}).Draw(t, "emoji"), rapid.Bool().Draw(t, "remove")
	want := r.react(p.name, seq, emoji, remove)
	w.act(t, r, p, c, fmt.Sprint("reacts", " ", seq, emoji, " removing ", remove), want, func(c client, id string) (natter.Ack, error) {
		return c.React(w.ctx, r.id, seq, emoji, remove, id)
	})
}

func (w *world) pin(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq, remove := w.seq(t, r), rapid.Bool().Draw(t, "remove")
	want := r.pin(p.name, seq, remove)
	w.act(t, r, p, c, fmt.Sprint("pins", " ", seq, " removing ", remove), want, func(c client, id string) (natter.Ack, error) {
		return c.Pin(w.ctx, r.id, seq, remove, id)
	})
}

// forward takes the text as the user's own server shows it.
func (w *world) forward(t *rapid.T) {
	p, c := w.someone(t)
	from, r := w.room(t, p), w.room(t, p)
	seq := w.seq(t, from)
	w.compareHistory(t, from, p, c)
	said, want := from.words(p.name, seq, p.hides(from, seq))
	if want == none {
		want = r.send(p.name, said)
	}
	ack, err := c.Forward(w.ctx, r.id, from.id, seq)
	w.answered(t, r, p, fmt.Sprint("forwards", " ", from.id, " ", seq), want, err)
	r.stamp(ack.Timestamp, "")
}

func (w *world) group(t *rapid.T) {
	p, c := w.someone(t)
	if w.groups == maxGroups {
		return
	}
	w.groups++
	others := []string{w.other(t), w.other(t)}
	want := none
	if slices.ContainsFunc(others, func(other string) bool { return other != p.name && w.blocks(other, p.name) }) {
		want = forbidden
	}
	info, err := c.CreateGroup(w.ctx, fmt.Sprint("group ", w.groups), others)
	if w.agree(t, want, err); want != none {
		return
	}
	roles := map[string]natter.Role{}
	for _, m := range info.Members {
		roles[m] = natter.RoleMember
	}
	roles[p.name] = natter.RoleOwner
	r := newRoom(info.ID, roles, w.blocks)
	for user := range roles {
		r.stamp(info.Active, user)
	}
	w.rooms = append(w.rooms, r)
	w.note(info.ID, p.name+" makes a group of "+fmt.Sprint(info.Members))
}

func (w *world) add(t *rapid.T) {
	p, c := w.someone(t)
	r, other := w.room(t, p), w.other(t)
	was := r.member(other)
	want := r.add(p.name, other)
	ack, err := c.AddMembers(w.ctx, r.id, other)
	w.answered(t, r, p, fmt.Sprint("adds", " ", other), want, err)
	if want == none && !was {
		r.stamp(ack.Timestamp, other)
	}
}

func (w *world) remove(t *rapid.T) {
	p, c := w.someone(t)
	r, other, ban := w.room(t, p), w.other(t), rapid.Bool().Draw(t, "ban")
	want := r.remove(p.name, other, ban)
	do := c.RemoveMember
	if ban {
		do = c.Ban
	}
	_, err := do(w.ctx, r.id, other)
	w.answered(t, r, p, fmt.Sprint("removes", " ", other, " banning ", ban), want, err)
}

func (w *world) unban(t *rapid.T) {
	p, c := w.someone(t)
	r, other := w.room(t, p), w.other(t)
	want := r.unban(p.name, other)
	_, err := c.Unban(w.ctx, r.id, other)
	w.answered(t, r, p, fmt.Sprint("unbans", " ", other), want, err)
}

func (w *world) role(t *rapid.T) {
	p, c := w.someone(t)
	r, other := w.room(t, p), w.other(t)
	role := rapid.SampledFrom([]natter.Role{natter.RoleOwner, natter.RoleAdmin, natter.RoleMember, natter.RoleReader}).Draw(t, "role")
	want := r.setRole(p.name, other, role)
	_, err := c.SetRole(w.ctx, r.id, other, role)
	w.answered(t, r, p, fmt.Sprint("gives a role", " ", role, " ", other), want, err)
}

func (w *world) leave(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	want := r.leave(p.name)
	_, err := c.Leave(w.ctx, r.id)
	w.answered(t, r, p, "leaves", want, err)
}

// disband deletes a group, but seldom, because little can be done with a deleted group.
func (w *world) disband(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	if r.roles[p.name] == natter.RoleOwner && rapid.IntRange(0, 3).Draw(t, "spare") != 0 {
		return
	}
	want := r.disband(p.name)
	_, err := c.DeleteChannel(w.ctx, r.id)
	w.answered(t, r, p, "disbands", want, err)
}

func (w *world) archive(t *rapid.T) {
	p, c := w.someone(t)
	r, archived := w.room(t, p), rapid.Bool().Draw(t, "archived")
	want := r.archive(p.name, archived)
	_, err := c.UpdateChannel(w.ctx, r.id, natter.ChannelUpdate{Archived: &archived})
	w.answered(t, r, p, fmt.Sprint("archives", " ", archived), want, err)
}

func (w *world) invite(t *rapid.T) {
	p, c := w.someone(t)
	r, i := w.room(t, p), invite{uses: rapid.IntRange(0, 2).Draw(t, "uses"), approval: rapid.Bool().Draw(t, "approval")}
	want := r.invite(p.name)
	secret, err := c.CreateInvite(w.ctx, r.id, natter.InviteTerms{Uses: i.uses, Approval: i.approval})
	w.answered(t, r, p, fmt.Sprint("invites", " ", i), want, err)
	if want == none {
		r.invites[secret] = &i
		r.secrets = append(r.secrets, secret)
	}
}

// secret draws a secret of a room, possibly of an invite that has ended, or a secret without an
// invite.
func (w *world) secret(t *rapid.T, r *room) string {
	const made = 3 // of four
	if len(r.secrets) == 0 || rapid.IntRange(0, made).Draw(t, "guess") == made {
		return "made up by somebody who was not told"
	}
	return rapid.SampledFrom(r.secrets).Draw(t, "secret")
}

func (w *world) revoke(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	secret := w.secret(t, r)
	want := r.revoke(p.name, secret)
	_, err := c.RevokeInvite(w.ctx, r.id, secret)
	w.answered(t, r, p, fmt.Sprint("revokes", " ", secret), want, err)
}

func (w *world) join(t *rapid.T) {
	p, c := w.someone(t)
	r := w.rooms[len(w.rooms)-1-rapid.IntRange(0, len(w.rooms)-1).Draw(t, "any room")] // members need no invite
	secret := w.secret(t, r)
	was := r.member(p.name)
	want := r.join(p.name, secret)
	ack, err := c.Join(w.ctx, r.id, secret)
	w.answered(t, r, p, fmt.Sprint("joins", " ", secret), want, err)
	if r.member(p.name) && !was {
		r.stamp(ack.Timestamp, p.name)
	}
}
