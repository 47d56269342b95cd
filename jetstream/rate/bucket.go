// Package rate limits how much a user or a channel does per second. It has token buckets, each kept
// in one number.
package rate

import "time"

// Burst is how long unused tokens are saved up. They may be taken at once.
const Burst = 2 * time.Second

// Bucket is a token bucket, kept as the time at which it would be full again (the "generic cell
// rate algorithm" of ITU-T I.371). Package x/time/rate does the same in 64 bytes and a mutex.
// The zero value is full. It is not for concurrent use.
type Bucket struct{ fullAt int64 } // Unix nanoseconds

// Take takes n tokens, or all tokens if n is more than the bucket holds. PerS tokens come back
// every second. If there are too few, it takes nothing and returns how long until there are
// enough. PerS is at least 1.
//
// If the clock is set back, the bucket is empty at worst. It does not stay empty until the old
// time has come again.
func (b *Bucket) Take(now time.Time, n, perS int) (wait time.Duration) {
	return b.take(now, n, perS, 0)
}

// take does what [Bucket.Take] does, for a bucket that may owe the tokens that come back in a given
// time.
func (b *Bucket) take(now time.Time, n, perS int, debt time.Duration) (wait time.Duration) {
	at := now.UnixNano()
	latest := at + int64(Burst) // the latest time at which it may be full again
	b.fullAt = min(max(b.fullAt, at), latest+int64(debt))
	next := b.fullAt + min(int64(n)*int64(time.Second)/int64(perS), int64(Burst))
	if next > latest {
		return time.Duration(next - latest)
	}
	b.fullAt = next
	return 0
}

// drain takes n tokens, also some that are not there: as many as come back in the time that debt
// says. It is for work that cannot be refused any more.
func (b *Bucket) drain(now time.Time, n, perS int, debt time.Duration) {
	at := now.UnixNano()
	most := at + int64(Burst+debt)
	b.fullAt = min(max(b.fullAt, at)+int64(n)*int64(time.Second)/int64(perS), most)
}
