package wire

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var testHash, testSecret = strings.Repeat("0a", 32), "q3Jx0m1T2c4V5b6N7m8K9Q"

// longSecret has a length of up to 128.
func longSecret(length int) string { return strings.Repeat(testSecret, 6)[:length] }

var inviteLimits = limits{
	valid: map[string]Command{
		"invite":         CreateInvite{Channel: testChannel, Hash: testHash},
		"longest invite": CreateInvite{Channel: testChannel, Hash: testHash, ExpiresS: MaxInviteS, Uses: MaxInviteUses, Approval: true},
		"revoke":         RevokeInvite{Channel: testChannel, Hash: testHash},
		"join":           Join{Channel: testChannel, Secret: testSecret},
		"longest secret": Join{Channel: testChannel, Secret: longSecret(MaxSecretLen)},
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
		{Join{Channel: testChannel, Secret: longSecret(MaxSecretLen + 1)}, "secret:"},
		{Join{Channel: testChannel, Secret: strings.Repeat("a", MinSecretLen)}, "secret: is too regular"},
		{Join{Channel: testChannel, Secret: strings.Repeat("ab", MinSecretLen)}, "secret: is too regular"},
		{Join{Channel: testChannel, Secret: "abcdefghijklmnopqrstuvwxyz"}, "secret: is too regular"},
		{Join{Channel: testChannel, Secret: "123456789012345678901234567890"}, "secret: is too regular"},
		{Join{Channel: testChannel, Secret: strings.Repeat("abcdefgh", 4)}, "secret: is too regular"},
		{Join{Secret: testSecret}, "channel:"},
	},
}

// TestVarious shows that random secrets of the usual alphabets pass.
func TestVarious(t *testing.T) {
	for name, alphabet := range map[string]string{
		"base64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "base32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "hexadecimal": "0123456789abcdef",
	} {
		length := int(math.Ceil(128 / math.Log2(float64(len(alphabet)))))
		for range 1000 {
			secret := make([]byte, length)
			for i := range secret {
				secret[i] = alphabet[rand.IntN(len(alphabet))]
			}
			if !various(string(secret)) {
				t.Fatalf("%s: %s counts as regular", name, secret)
			}
		}
	}
}
