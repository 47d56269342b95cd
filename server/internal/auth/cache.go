package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// cacheSize is how many proofs a generation holds. Two generations of them take some 4 MiB at most.
const cacheSize = 16 << 10

// proof is what a token has been found to prove.
type proof struct {
	user    string
	expires time.Time
}

type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// cache remembers tokens that verified, because each request over HTTP shows the token again, and a verification costs as
// much as a send. It holds digests, so that a dump of the memory holds no tokens, and forgets by generations: what was not
// asked for while a whole generation filled is gone. Only good tokens get in, so bad ones cannot push them out.
type cache struct {
	mu       sync.Mutex // guards the following
	old, new map[digest]proof
}

func (c *cache) get(d digest) (proof, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.new[d]; ok {
		return p, true
	}
	p, ok := c.old[d]
	if ok {
		c.add(d, p)
	}
	return p, ok
}

func (c *cache) put(d digest, p proof) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(d, p)
}

// add is called with mu held.
func (c *cache) add(d digest, p proof) {
	if c.new == nil || len(c.new) >= cacheSize {
		c.old, c.new = c.new, make(map[digest]proof)
	}
	c.new[d] = p
}
