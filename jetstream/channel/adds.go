package channel

import (
	"strings"

	"natterjack/server/wire"
)

// Adds reports whether a command adds to the stored bytes. Commands that remove something or
// protect a user do not add. They are needed when almost no room is left, so they are accepted as
// long as there is any room. A command of an unknown kind adds.
func Adds(cmd wire.Command) bool {
	switch c := cmd.(type) {
	case wire.Delete, wire.DeleteChannel, wire.RemoveMember, wire.Unban, wire.Leave, wire.RevokeInvite, wire.UnsubscribePush:
		return false
	case wire.SetRole: // it takes rights away from a user, or lets the owner leave
		return false
	case wire.React:
		return !c.Remove
	case wire.Pin:
		return !c.Remove
	case wire.UpdateChannel:
		return c.Name != nil || c.Topic != nil || c.Picture != nil // slow mode and an archive stop members from writing
	case wire.Set:
		return !takesAway(c)
	default:
		return true
	}
}

// Frees reports whether a command frees more storage than it takes.
func Frees(cmd wire.Command) bool {
	switch cmd.(type) {
	case wire.Delete, wire.DeleteChannel:
		return true
	default:
		return false
	}
}

// takesAway reports whether a setting hides something from its user, hides something of its user
// from others, says of which messages its user is notified, or is removed.
func takesAway(c wire.Set) bool {
	if c.Value == "" {
		return true
	}
	for _, some := range []string{wire.SettingBlock, wire.SettingHide, wire.SettingMute, wire.SettingLastSeen, wire.SettingReceipts, wire.SettingNotify} {
		if strings.HasPrefix(c.Name, some) {
			return true
		}
	}
	return false
}
