package auth

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cacheSize is how many proofs the cache holds: some 4 MiB at most.
const cacheSize = 16 << 10

// proof is what a token has been found to prove.
type proof struct {
	user    string
	expires time.Time
}

type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// cache remembers tokens that verified. Each request over HTTP shows its token again, and to verify
// it costs as much as a send. The cache holds digests, so that a dump of the memory holds no tokens,
// and forgets the tokens that were not shown for longest. Only good tokens get in, so bad ones cannot
// push them out.
type cache = lru.Cache[digest, proof]

func newCache() *cache {
	c, err := lru.New[digest, proof](cacheSize)
	if err != nil {
		panic(err) // the size is not positive
	}
	return c
}
