package channel

import (
	"time"

	"natterjack/server/wire"
)

// Forbidden returns the error for a channel that the user is not a member of, and for a channel
// that does not exist or no longer exists. The two have the same text, because otherwise
// outsiders could find out which channels exist.
func Forbidden() error {
	return wire.Errorf(wire.CodeForbidden, "channel: there is none of this id that you are a member of")
}

// notInvited returns the error for a join that is not allowed. It is the same for a group that
// does not exist, for an invite that does not exist or has ended, and for a banned user.
func notInvited() error {
	return wire.Errorf(wire.CodeForbidden, "secret: opens no group for you; the invite may have ended")
}

func groupsOnly() error {
	return wire.Errorf(wire.CodeInvalid, "channel: this can be done in a group only")
}

func archived() error {
	return wire.Errorf(wire.CodeForbidden, "channel: is archived; an admin or the owner can open it again")
}

func lacking(role wire.Role) error {
	switch role {
	case wire.RoleOwner:
		return wire.Errorf(wire.CodeForbidden, "channel: this is for the owner")
	case wire.RoleAdmin:
		return wire.Errorf(wire.CodeForbidden, "channel: this is for admins and the owner")
	default:
		return wire.Errorf(wire.CodeForbidden, "channel: you may read here, not write")
	}
}

// notBelow returns the error for a user whose role is too high. It names the member of the
// command.
func notBelow(member string) error {
	return wire.Errorf(wire.CodeForbidden, "%s: is of somebody whose role is not below yours", member)
}

func blocked() error {
	return wire.Errorf(wire.CodeForbidden, "channel: this user takes no messages from you")
}

func blocks() error {
	return wire.Errorf(wire.CodeForbidden, "channel: you have blocked this user")
}

func noMessage() error {
	return wire.Errorf(wire.CodeInvalid, "seq: there is no message of this number in the channel")
}

func deleted() error {
	return wire.Errorf(wire.CodeInvalid, "seq: the message is deleted")
}

func tooMany(what string, most int) error {
	return wire.Errorf(wire.CodeTooLarge, "%s: at most %d are allowed", what, most)
}

func (a *act) tooSoon(milliseconds int64) error {
	wait := time.Duration(milliseconds) * time.Millisecond
	return wire.Errorf(wire.CodeTooFast, "channel: is in slow mode; wait before the next message").After(wait).In(a.id)
}

func unsupported(cmd wire.Command) error {
	return wire.Errorf(wire.CodeUnsupported, "%s: cannot be done to a channel", cmd.Type())
}
