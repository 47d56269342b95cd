package channel

import (
	"time"

	"natterjack/server/wire"
)

// Forbidden returns the error for a channel that the user is not a member of, and for a channel
// that does not exist or no longer exists. The two have the same text, because otherwise
// outsiders could find out which channels exist.
func Forbidden() error {
	return wire.Errorf(wire.CodeForbidden, "channel: not found, or you are not a member")
}

// notInvited returns the error for a join that is not allowed. It is the same for a group that
// does not exist, for an invite that does not exist or has ended, and for a banned or removed user.
func notInvited() error {
	return wire.Errorf(wire.CodeForbidden, "secret: this invite does not work for you; it may have ended")
}

func groupsOnly() error {
	return wire.Errorf(wire.CodeInvalid, "channel: this is possible only in a group")
}

func archived() error {
	return wire.Errorf(wire.CodeForbidden, "channel: is archived; an admin or the owner can reopen it")
}

func lacking(role wire.Role) error {
	switch role {
	case wire.RoleOwner:
		return wire.Errorf(wire.CodeForbidden, "channel: only the owner may do this")
	case wire.RoleAdmin:
		return wire.Errorf(wire.CodeForbidden, "channel: only admins and the owner may do this")
	default:
		return wire.Errorf(wire.CodeForbidden, "channel: you may only read here")
	}
}

// notBelow returns the error for a user whose role is too high. It names the member of the
// command.
func notBelow(member string) error {
	return wire.Errorf(wire.CodeForbidden, "%s: belongs to a user whose role is not below yours", member)
}

func blocked() error {
	return wire.Errorf(wire.CodeForbidden, "channel: this user does not accept messages from you")
}

func blocks() error {
	return wire.Errorf(wire.CodeForbidden, "channel: you have blocked this user; unblock the user first")
}

func noMessage() error {
	return wire.Errorf(wire.CodeInvalid, "seq: the channel has no message with this number")
}

func deleted() error {
	return wire.Errorf(wire.CodeInvalid, "seq: the message is deleted")
}

func tooMany(what string, most int) error {
	return wire.Errorf(wire.CodeTooLarge, "%s: at most %d are allowed", what, most)
}

func (a *act) tooSoon(milliseconds int64) error {
	wait := time.Duration(milliseconds) * time.Millisecond
	return wire.Errorf(wire.CodeTooFast, "channel: slow mode is on; wait before your next message").After(wait).In(a.channel)
}

func unsupported(cmd wire.Command) error {
	return wire.Errorf(wire.CodeUnsupported, "%s: is not possible in this channel", cmd.Type())
}
