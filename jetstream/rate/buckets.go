package rate

import "time"

// maxNames bounds how many names are remembered in half a lifetime. Beyond it they are forgotten sooner, which lets them have a little more.
const maxNames = 1 << 17

// Buckets are one for each name, all of the same rate. They are not for concurrent use.
//
// A bucket that was not taken from for as long as it takes to fill is full, and a full one need not be remembered. So names live in
// two generations: whoever takes is put into the young one, and once in a [Burst] the old one is forgotten and the young one grows
// old. It costs neither a timer nor a sweep.
type Buckets[Name comparable] struct {
	perS       int
	young, old map[Name]Bucket
	turned     time.Time // when the young ones grew old
}

// NewBuckets makes full ones that take so much a second, at least 1.
func NewBuckets[Name comparable](perS int) *Buckets[Name] {
	return &Buckets[Name]{perS: perS, young: map[Name]Bucket{}}
}

// Wait is what [Buckets.Take] would say; it takes nothing. A bucket that refuses is kept as it is by this clock: one that was taken from
// by a clock that was ahead would refuse for as long as that was, to whoever asks before he takes.
func (b *Buckets[Name]) Wait(now time.Time, name Name, n int) (wait time.Duration) {
	bucket := b.of(name)
	if wait = bucket.Take(now, n, b.perS); wait > 0 {
		b.keep(now, name, bucket)
	}
	return wait
}

// Take is [Bucket.Take] from the bucket of a name.
func (b *Buckets[Name]) Take(now time.Time, name Name, n int) (wait time.Duration) {
	bucket := b.of(name)
	wait = bucket.Take(now, n, b.perS)
	b.keep(now, name, bucket)
	return wait
}

func (b *Buckets[Name]) keep(now time.Time, name Name, bucket Bucket) {
	if age := now.Sub(b.turned); age >= Burst || age < 0 || len(b.young) >= maxNames {
		b.turn(now)
	}
	b.young[name] = bucket
}

func (b *Buckets[Name]) of(name Name) Bucket {
	if bucket, ok := b.young[name]; ok {
		return bucket
	}
	return b.old[name]
}

func (b *Buckets[Name]) turn(now time.Time) {
	b.old, b.young = b.young, make(map[Name]Bucket, len(b.young)) // about as many will come again
	b.turned = now
}

// PerS is the rate.
func (b *Buckets[Name]) PerS() int { return b.perS }

// Len is how many names are remembered.
func (b *Buckets[Name]) Len() int { return len(b.young) + len(b.old) }
