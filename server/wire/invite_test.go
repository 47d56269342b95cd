package wire

import "strings"

var testHash, testSecret = strings.Repeat("0a", 32), strings.Repeat("s", MinSecretLen)

var inviteLimits = limits{
	valid: map[string]Command{
		"invite":         CreateInvite{Channel: testChannel, Hash: testHash},
		"longest invite": CreateInvite{Channel: testChannel, Hash: testHash, ExpiresS: MaxInviteS, Uses: MaxInviteUses, Approval: true},
		"revoke":         RevokeInvite{Channel: testChannel, Hash: testHash},
		"join":           Join{Channel: testChannel, Secret: testSecret},
		"longest secret": Join{Channel: testChannel, Secret: strings.Repeat("s", MaxSecretLen)},
	},
	refused: []refusedCommand{
		{CreateInvite{Channel: testChannel, Hash: strings.ToUpper(testHash)}, "hash:"},
		{CreateInvite{Channel: testChannel, Hash: testHash[1:]}, "hash:"},
		{CreateInvite{Channel: testChannel, Hash: testHash, ExpiresS: -1}, "expires_s:"},
		{CreateInvite{Channel: testChannel, Hash: testHash, ExpiresS: MaxInviteS + 1}, "expires_s:"},
		{CreateInvite{Channel: testChannel, Hash: testHash, Uses: -1}, "uses:"},
		{CreateInvite{Channel: testChannel, Hash: testHash, Uses: MaxInviteUses + 1}, "uses:"},
		{CreateInvite{Hash: testHash}, "channel:"},
		{RevokeInvite{Channel: testChannel, Hash: "x"}, "hash:"},
		{Join{Channel: testChannel, Secret: testSecret[1:]}, "secret:"},
		{Join{Channel: testChannel, Secret: strings.Repeat("s", MaxSecretLen+1)}, "secret:"},
		{Join{Secret: testSecret}, "channel:"},
	},
}
