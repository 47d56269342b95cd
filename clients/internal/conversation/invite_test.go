package conversation

import natter "natterjack/clients/go"

// invite is an invite to a group. Any user who knows its secret can use it.
type invite struct {
	uses     int // uses that are left; 0 is without limit
	approval bool
}

func (r *room) invite(user string) refusal { return r.groupAct(user, natter.RoleAdmin, false) }

func (r *room) revoke(user, secret string) refusal {
	if no := r.groupAct(user, natter.RoleAdmin, true); no != none {
		return no
	}
	delete(r.invites, secret)
	return none
}

// join lets in a user who knows the secret of an invite, or lets them wait if the invite needs
// approval. A user who is in already, or waits already, gets an ack, and the invite loses no
// use.
func (r *room) join(user, secret string) refusal {
	if r.open(user) {
		if r.direct {
			return invalid
		}
		return none
	}
	i := r.invites[secret]
	if r.banned[user] || r.removed[user] || r.deleted {
		i = nil
	}
	switch {
	case r.requested[user] && (i == nil || i.approval):
		return none
	case i == nil, r.archived:
		return forbidden
	case i.approval:
		r.requested[user] = true
	default:
		r.enter(user, natter.RoleMember)
	}
	switch i.uses--; i.uses {
	case 0:
		delete(r.invites, secret)
	case -1: // without limit
		i.uses = 0
	}
	return none
}
