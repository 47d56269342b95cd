package auth

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cacheSize is how many proofs the cache holds: some 4 MiB at most.
const cacheSize = 16 << 10

// proof holds the facts that a verified token proves.
type proof struct {
	user    string
	expires time.Time
	// begins is when a token of our own was made, or is valid from. It was in the past when the
	// token was verified. It is not any more if the clock was ahead then.
	begins time.Time
	said   Claims // not in the cache
}

type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// cache keeps tokens that verified. Each request over HTTP sends its token again, and a
// verification costs as much as a send. The cache holds digests, so that a dump of the memory
// contains no tokens. It drops the tokens that have been unused for longest. Only valid tokens
// are stored, so that invalid ones cannot displace them.
type cache = lru.Cache[digest, proof]

func newCache() *cache {
	c, err := lru.New[digest, proof](cacheSize)
	if err != nil {
		panic(err) // the size is not positive
	}
	return c
}
