// Package rate holds somebody, or something, to so much a second: token buckets, each kept in one number.
package rate

import "time"

// Burst is how long a rate may be saved up: what was left unused in it may come at once.
const Burst = 2 * time.Second

// Bucket is a token bucket, kept as the time at which it would be full again (the "generic cell rate algorithm" of ITU-T I.371).
// x/time/rate does the same in 64 bytes and a mutex. The zero value is full. It is not for concurrent use.
type Bucket struct{ fullAt int64 } // Unix nanoseconds

// Take takes n tokens, of which perS come back every second, or all of them where n is more than it holds. Where they are not
// there it takes nothing and says how long until they are. PerS is at least 1.
//
// Where the clock is set back the bucket is empty at worst, and does not stay so until the old time has come again.
func (b *Bucket) Take(now time.Time, n, perS int) (wait time.Duration) {
	at := now.UnixNano()
	latest := at + int64(Burst) // when it may be full again
	b.fullAt = min(max(b.fullAt, at), latest)
	next := b.fullAt + min(int64(n)*int64(time.Second)/int64(perS), int64(Burst))
	if next > latest {
		return time.Duration(next - latest)
	}
	b.fullAt = next
	return 0
}
