package channel

import (
	"strings"

	"natterjack/server/wire"
)

// Adds reports whether a command adds to what is stored. The others take something away, or protect somebody, and are what is wanted
// when there is hardly any room left: they are let in as long as there is any. Whatever is not known to be of that kind adds.
func Adds(cmd wire.Command) bool {
	switch c := cmd.(type) {
	case wire.Delete, wire.DeleteChannel, wire.RemoveMember, wire.Leave, wire.RevokeInvite:
		return false
	case wire.SetRole:
		return c.Role != wire.RoleReader // who may not write any more
	case wire.React:
		return !c.Remove
	case wire.Pin:
		return !c.Remove
	case wire.UpdateChannel:
		return c.Name != nil || c.Topic != nil // slow mode and an archive stop others from writing
	case wire.Set:
		return !takesAway(c)
	default:
		return true
	}
}

// takesAway reports whether a setting keeps something from its user, or others from knowing something, or is taken back.
func takesAway(c wire.Set) bool {
	if c.Value == "" {
		return true
	}
	for _, some := range []string{wire.SettingBlock, wire.SettingHide, wire.SettingMute, wire.SettingLastSeen, wire.SettingReceipts} {
		if strings.HasPrefix(c.Name, some) {
			return true
		}
	}
	return false
}
