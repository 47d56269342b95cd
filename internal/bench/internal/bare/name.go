package bare

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// nameLen is long enough that two of a million names are equal only once in some ten thousand
// runs.
const nameLen = 11

// UserName returns the name of the i-th user of a run. It has random letters and digits, like
// names of people who do not know each other, and is the same each time. Numbered names would
// compress well, and would fill some shards only.
func UserName(run string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", run, i))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:8])[:nameLen])
}
