package rate

import "time"

// maxNames bounds the names that are remembered in one generation. Beyond it names are
// forgotten sooner, which lets them take a little more.
const maxNames = 1 << 17

// Buckets has a bucket for each name, all of the same rate. It is not for concurrent use.
//
// A bucket is full if nothing was taken from it for as long as it takes to fill, and a full
// bucket need not be remembered. So names live in two generations. A name that takes is put
// into the young one. Once in a [Burst], and the time in which debts are paid, the old one is
// forgotten, and the young one becomes the old one. This needs neither a timer nor a sweep.
type Buckets[Name comparable] struct {
	perS       int
	debt       time.Duration
	young, old map[Name]Bucket
	turned     time.Time // when young became old
}

// NewBuckets creates full buckets of perS tokens a second, at least 1.
func NewBuckets[Name comparable](perS int) *Buckets[Name] {
	return &Buckets[Name]{perS: perS, young: map[Name]Bucket{}}
}

// NewOwing creates buckets that may owe as many tokens as come back in some time. So work of which
// the price is known only afterwards is paid for all the same: until then Take takes nothing. If
// the clock is set back, a bucket owes all that it may at worst.
func NewOwing[Name comparable](perS int, debt time.Duration) *Buckets[Name] {
	return &Buckets[Name]{perS: perS, debt: debt, young: map[Name]Bucket{}}
}

// Wait returns the result that [Buckets.Take] would have, and takes nothing. A bucket that refuses
// is stored as corrected by the present clock. Without that, a bucket that was used while the clock
// was ahead would refuse for as long as the clock was ahead, to a caller that calls Wait before
// Take.
func (b *Buckets[Name]) Wait(now time.Time, name Name, n int) (wait time.Duration) {
	bucket := b.of(name)
	if wait = bucket.take(now, n, b.perS, b.debt); wait > 0 {
		b.keep(now, name, bucket)
	}
	return wait
}

// Take does what [Bucket.Take] does, with the bucket of a name.
func (b *Buckets[Name]) Take(now time.Time, name Name, n int) (wait time.Duration) {
	bucket := b.of(name)
	wait = bucket.take(now, n, b.perS, b.debt)
	b.keep(now, name, bucket)
	return wait
}

// Drain takes n tokens from the bucket of a name. If fewer are there, it takes them, and as many as
// the bucket may owe. It is for work that cannot be refused any more.
func (b *Buckets[Name]) Drain(now time.Time, name Name, n int) {
	bucket := b.of(name)
	bucket.drain(now, n, b.perS, b.debt)
	b.keep(now, name, bucket)
}

func (b *Buckets[Name]) keep(now time.Time, name Name, bucket Bucket) {
	if age := now.Sub(b.turned); age >= Burst+b.debt || age < 0 || len(b.young) >= maxNames {
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
	b.old, b.young = b.young, make(map[Name]Bucket, len(b.young)) // about as many names will come again
	b.turned = now
}

// PerS returns the rate.
func (b *Buckets[Name]) PerS() int { return b.perS }

// Len returns how many names are remembered.
func (b *Buckets[Name]) Len() int { return len(b.young) + len(b.old) }
