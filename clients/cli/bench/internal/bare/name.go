package bare

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// UserName is the i-th name of a run, ascending. It ends in letters of its own, as names do: the low bits of FNV-1a, which say in
// which shard a channel lives, are no more than the low bits of its characters, so two names that differ in a number alone would
// leave half of the shards empty.
func UserName(run string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", run, i))
	return fmt.Sprintf("%s-%07d-%s", run, i, strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5])[:5]))
}
