package channel

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// GroupID is the id of the group that a creator makes under a client id: 'g' and 120 bits of a hash of the two. That it
// follows from the command makes creation idempotent: a retry meets the same channel, in the same shard.
func GroupID(creator, clientID string) string {
	sum := sha256.Sum256([]byte(creator + "\x00" + clientID))
	return "g" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}
