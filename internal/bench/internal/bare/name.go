package bare

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// nameLen makes two of a million names alike once in some ten thousand times.
const nameLen = 11

// UserName is the name of the i-th user of a run: letters and digits at random, as of people who do not know each other, and
// the same ones each time. Numbered names would compress, and fill some shards only.
func UserName(run string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", run, i))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:8])[:nameLen])
}
