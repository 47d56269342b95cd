package prefs

import (
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cached is of how many users memory holds the settings.
const cached = 1 << 16

// Cache holds the settings of users. All methods may be called concurrently.
type Cache struct {
	of *lru.Cache[string, *Prefs]

	mu     sync.Mutex // protects following, and that nothing outdated comes into the cache
	forgot uint64     // how often something was forgotten
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	of, err := lru.New[string, *Prefs](cached)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &Cache{of: of}
}

// Stamp returns the stamp to give to [Cache.Of]. Take it before the reader is made.
func (c *Cache) Stamp() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.forgot
}

// Forget forgets the settings of a user, because they have changed one.
func (c *Cache) Forget(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgot++
	c.of.Remove(user)
}

// Of returns the settings of a user. Services says whether services tell the user, see [read].
func (c *Cache) Of(r Reader, stamp uint64, user string, services bool) (*Prefs, error) {
	if p, ok := c.of.Get(user); ok && (p != nothing || !services) {
		return p, nil
	}
	p, err := read(r, user, services)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgot == stamp { // the reader may be older than a change otherwise
		c.of.Add(user, p)
	}
	return p, nil
}
