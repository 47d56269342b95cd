package channel

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// GroupID returns the id of the group that a creator makes with a client id: 'g' and 120 bits
// of a hash of the two. Because the id follows from the command, creation is idempotent: a
// retry finds the same channel, in the same shard.
func GroupID(creator, clientID string) string {
	sum := sha256.Sum256([]byte(creator + "\x00" + clientID))
	return "g" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}
