package conversation

import natter "natterjack/clients/go"

// invite is a way into a group for whoever knows its secret.
type invite struct {
	uses     int // that are left; 0 is without limit
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

// join lets in whoever knows the secret of an invite, or has him wait where that wants approval. Who is in, or waits, is told that it is
// done, and costs the invite nothing.
func (r *room) join(user, secret string) refusal {
	if r.open(user) {
		if r.direct {
			return invalid
		}
		return none
	}
	i := r.invites[secret]
	if r.banned[user] || r.deleted {
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
