package rate

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBuckets_model compares with buckets that are all kept, and in which tokens are counted.
// It tries any rate, any pauses and any clock that goes forward. Forgotten buckets and rounding
// must not be visible from outside.
func TestBuckets_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perS := rapid.SampledFrom([]int{1, 2, 7, 100, 200, 3000, 100_000}).Draw(t, "per second")
		capacity := float64(perS) * Burst.Seconds()
		type counted struct {
			tokens float64
			at     time.Time
		}
		model := map[string]counted{}
		b, now := NewBuckets[string](perS), time.Unix(1_000_000, 0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*Burst)/rapid.Int64Range(1, 3000).Draw(t, "part")).Draw(t, "pause")))
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
			n := rapid.IntRange(1, 3*perS).Draw(t, "n")
			m, ok := model[name]
			if !ok {
				m.tokens = capacity
			}
			m.tokens = min(m.tokens+now.Sub(m.at).Seconds()*float64(perS), capacity)
			m.at = now
			need := min(float64(n), capacity)
			asked := b.Wait(now, name, n)
			wait := b.Take(now, name, n)
			if asked != wait {
				t.Fatalf("said to wait %v when asked, and then %v", asked, wait)
			}
			switch over := need - m.tokens; {
			case over > slack(perS) && wait == 0:
				t.Fatalf("%d of %g tokens taken", n, m.tokens)
			case over < -slack(perS) && wait > 0:
				t.Fatalf("%d of %g tokens refused", n, m.tokens)
			case wait > 0:
				if told, want := wait.Seconds(), over/float64(perS); told < want-1e-6 || told > want+1e-6 {
					t.Fatalf("told to wait %v, not %v s", wait, want)
				}
			default:
				m.tokens -= need
			}
			model[name] = m
		}
	})
}

// slack returns what 300 roundings to a nanosecond, and those of floating point, may add up to,
// in tokens.
func slack(perS int) float64 { return 1e-6 * float64(perS) }

// TestBuckets_waitIsEnough shows that after the returned wait there are enough tokens.
func TestBuckets_waitIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuckets[string](rapid.IntRange(1, 100_000).Draw(t, "per second"))
		now := time.Unix(1_000_000, rapid.Int64Range(0, 1e9-1).Draw(t, "now"))
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 1000), 1, 100).Draw(t, "n") {
			if wait := b.Take(now, "a", n); wait > 0 {
				if wait > Burst {
					t.Fatalf("told to wait %v", wait)
				}
				if early := b.Take(now.Add(wait-1), "a", n); early == 0 {
					t.Fatalf("it would have gone before %v", wait)
				}
				now = now.Add(wait)
				if again := b.Take(now, "a", n); again > 0 {
					t.Fatalf("told to wait %v, and then %v", wait, again)
				}
			}
		}
	})
}

// TestBuckets_sustain counts the tokens that are let through if far more are tried.
func TestBuckets_sustain(t *testing.T) {
	b, now := NewBuckets[string](100), time.Unix(1_000_000, 0)
	took := func(d time.Duration) (n int) {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Millisecond) {
			for b.Take(now, "a", 1) == 0 {
				n++
			}
		}
		return n
	}
	if n := took(time.Millisecond); n != 200 {
		t.Errorf("a burst of %d", n)
	}
	if n := took(10 * time.Second); n < 999 || n > 1001 {
		t.Errorf("%d in 10 s", n)
	}
}

// TestBucket_clockSetBack shows that a clock that is set back does not shut a user out until
// the old time has come again.
func TestBucket_clockSetBack(t *testing.T) {
	var b Bucket
	now := time.Unix(1_000_000, 0)
	for b.Take(now, 1, 100) == 0 {
	}
	now = now.Add(-time.Hour)
	if wait := b.Take(now, 1, 100); wait != 10*time.Millisecond {
		t.Errorf("wait %v", wait)
	}
	if wait := b.Take(now.Add(10*time.Millisecond), 1, 100); wait > 0 {
		t.Errorf("and then wait %v", wait)
	}
}

// TestBuckets_clockWasAhead calls Wait before Take, as is done for a user with two rates.
func TestBuckets_clockWasAhead(t *testing.T) {
	b, now := NewBuckets[string](100), time.Unix(1_000_000, 0)
	ahead := now.Add(24 * time.Hour)
	for b.Take(ahead, "a", 1) == 0 {
	}
	for end := now.Add(2 * Burst); ; now = now.Add(10 * time.Millisecond) {
		if b.Wait(now, "a", 1) == 0 {
			break
		}
		if now.After(end) {
			t.Fatalf("%v after the clock was set right it still says to wait", 2*Burst)
		}
	}
	if wait := b.Take(now, "a", 1); wait > 0 {
		t.Errorf("and then to wait %v", wait)
	}
	for i := range 10_000 {
		b.Take(now.Add(time.Duration(i)*time.Second), fmt.Sprint(i), 1)
	}
	if n := b.Len(); n > 10 {
		t.Errorf("%d names are remembered", n)
	}
}

// TestBuckets_forget takes new names without end, some of which come again.
func TestBuckets_forget(t *testing.T) {
	b, now := NewBuckets[string](10), time.Unix(1_000_000, 0)
	for i := range 10_000 {
		now = now.Add(10 * time.Millisecond)
		b.Take(now, fmt.Sprint(i), 1)
		if n := b.Len(); n > 2*200 {
			t.Fatalf("%d names are remembered, and 200 come in a lifetime", n)
		}
	}
	now = now.Add(time.Hour)
	for range 3 {
		b.Take(now, "x", 1)
		now = now.Add(Burst)
	}
	if names := slices.Concat(slices.Collect(maps.Keys(b.young)), slices.Collect(maps.Keys(b.old))); b.Len() != 2 {
		t.Errorf("left: %v", names)
	}
}

// TestBuckets_bounded takes more names at one moment than are remembered.
func TestBuckets_bounded(t *testing.T) {
	b, now := NewBuckets[string](1), time.Unix(1_000_000, 0)
	for i := range 3 * maxNames {
		b.Take(now, fmt.Sprint(i), 1)
	}
	if n := b.Len(); n > 2*maxNames {
		t.Errorf("%d names are remembered", n)
	}
}

func BenchmarkBuckets(b *testing.B) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprint("channel-", i)
	}
	buckets := NewBuckets[string](100_000)
	now := time.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(100 * time.Microsecond)
		buckets.Take(now, names[i%len(names)], 1)
	}
}

// TestBuckets_owing takes tokens that are not there, up to the number that may be owed, and then
// nothing until it is paid for, also beyond the time in which other names are forgotten.
func TestBuckets_owing(t *testing.T) {
	b, now := NewOwing[string](100, 30*time.Second), time.Unix(1_000_000, 0)
	b.Drain(now, "a", 700)
	if wait := b.Take(now, "a", 1); wait != 5*time.Second+10*time.Millisecond {
		t.Errorf("with 500 owed: wait %v", wait)
	}
	b.Drain(now, "a", 1_000_000)
	for s := range 30 {
		at := now.Add(time.Duration(s) * time.Second)
		b.Take(at, fmt.Sprint(s), 1)
		want := time.Duration(30-s)*time.Second + 10*time.Millisecond
		if wait := b.Take(at, "a", 1); wait != want {
			t.Fatalf("%d s after it owes all that it may: wait %v, want %v", s, wait, want)
		}
	}
	if wait := b.Take(now.Add(30*time.Second+10*time.Millisecond), "a", 1); wait > 0 {
		t.Errorf("when all is paid: wait %v", wait)
	}
}
