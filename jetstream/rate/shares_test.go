package rate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestShares_model compares with uses that are all brought up to date at each step. It tries any
// rate, any pauses, and clocks that are set. Of a name, no more is taken than was saved up and
// came back, and a user who was told to wait gets through after that time.
func TestShares_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perS := rapid.SampledFrom([]int{1, 2, 10, 100, 3000}).Draw(t, "per second")
		all := float64(perS) * Burst.Seconds()
		s, now := NewShares[string, int](perS), time.Unix(1_000_000, 0)
		uses, at := map[int]float64{}, now
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*Burst)/rapid.Int64Range(1, 3000).Draw(t, "part")).Draw(t, "pause")))
			if rapid.IntRange(0, 30).Draw(t, "set") == 0 {
				set := rapid.SampledFrom([]time.Duration{-24 * time.Hour, -time.Second, 24 * time.Hour}).Draw(t, "by")
				now = now.Add(set)
			}
			giveBack(uses, now.Sub(at).Seconds()*float64(perS))
			at = now
			user, n := rapid.IntRange(0, 4).Draw(t, "user"), rapid.IntRange(1, 3).Draw(t, "n")
			want := min(float64(n), all)
			wait := s.Take(now, "a", user, n)
			if wait < 0 || wait > Burst+time.Millisecond {
				t.Fatalf("told to wait %v", wait)
			}
			if wait > 0 {
				now = now.Add(wait)
				giveBack(uses, wait.Seconds()*float64(perS))
				at = now
				if again := s.Take(now, "a", user, n); again > 0 {
					t.Fatalf("told to wait %v, and then %v", wait, again)
				}
			}
			if uses[user] += want; sum(uses) > all+slack(perS)+1e-6 {
				t.Fatalf("%g of %g tokens are taken", sum(uses), all)
			}
		}
		if got, want := s.of(now, "a").used, sum(uses); math.Abs(got-want) > 1e-3*float64(perS) {
			t.Fatalf("%g tokens count as taken, want %g", got, want)
		}
	})
}

// giveBack gives tokens back to all users in proportion to their use.
func giveBack(uses map[int]float64, tokens float64) {
	total := sum(uses)
	for user, n := range uses {
		if tokens > 0 {
			uses[user] = n * max(0, 1-tokens/total)
		}
	}
}

func sum(uses map[int]float64) (total float64) {
	for _, n := range uses {
		total += n
	}
	return total
}

// TestShares_fair has some users take all that they can get, in any order, beside one who takes
// less than an equal share. That one always gets through. The others get the rest, in equal
// parts.
func TestShares_fair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perS := rapid.SampledFrom([]int{10, 100, 300}).Draw(t, "per second")
		greedy := rapid.IntRange(1, min(12, max(2, perS/20))).Draw(t, "greedy")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		share := float64(perS) / float64(greedy+1)
		pause := time.Duration(float64(time.Second) / (0.8 * share))
		s, now := NewShares[string, int](perS), time.Unix(1_000_000, 0)
		next := now.Add(time.Duration(rng.Int64N(int64(3 * time.Second))))
		took, quiet := make([]int, greedy), 0
		const settle, last = 5 * time.Second, 15 * time.Second
		for began := now; now.Sub(began) < last; now = now.Add(3 * time.Millisecond) {
			for _, user := range rng.Perm(greedy) {
				for s.Take(now, "a", user, 1) == 0 {
					if now.Sub(began) > settle {
						took[user]++
					}
				}
			}
			if now.Before(next) {
				continue
			}
			next = next.Add(pause)
			if wait := s.Take(now, "a", -1, 1); wait > 0 {
				t.Fatalf("after %v, beside %d others: told to wait %v", now.Sub(began), greedy, wait)
			}
			if now.Sub(began) > settle {
				quiet++
			}
		}
		all := quiet
		for user, n := range took {
			all += n
			if mean := (float64(perS)*10 - float64(quiet)) / float64(greedy); float64(n) < 0.9*mean-2 || float64(n) > 1.1*mean+2 {
				t.Errorf("user %d got %d, an equal part is %g: %v", user, n, mean, took)
			}
		}
		if got, want := float64(all), float64(perS)*10; got < 0.98*want-2 || got > 1.02*want+2 {
			t.Errorf("%g were taken in 10 s, want %g", got, want)
		}
	})
}

// TestShares_parts counts what users who come one after the other, at one moment, may take.
func TestShares_parts(t *testing.T) {
	s, now := NewShares[string, int](100), time.Unix(1_000_000, 0)
	free := 200
	for user := range 10 {
		for s.Take(now, "a", user, 1) == 0 {
			free--
		}
		if want := 200 / (user + 2); free < want-2 || free > want+2 {
			t.Errorf("after %d users %d tokens are free, want %d", user+1, free, want)
		}
	}
	if s.Take(now, "b", 0, 1) != 0 {
		t.Error("another name is concerned")
	}
}

// TestShares_clockWasAhead uses up a name while the clock is a day ahead.
func TestShares_clockWasAhead(t *testing.T) {
	s, now := NewShares[string, int](10), time.Unix(1_000_000, 0)
	for s.Take(now.Add(24*time.Hour), "a", 1, 1) == 0 {
	}
	wait := s.Take(now, "a", 1, 1)
	if wait > Burst {
		t.Errorf("told to wait %v", wait)
	}
	if again := s.Take(now.Add(wait), "a", 1, 1); again > 0 {
		t.Errorf("and then %v", again)
	}
}

// TestShares_forget takes for new names and new users without end.
func TestShares_forget(t *testing.T) {
	s, now := NewShares[string, int](10), time.Unix(1_000_000, 0)
	for i := range 10_000 {
		now = now.Add(10 * time.Millisecond)
		s.Take(now, fmt.Sprint(i), 1, 1)
		s.Take(now, "busy", i, 1)
		if n := s.Len(); n > 2*201+1 {
			t.Fatalf("%d names are remembered, and 200 come in a lifetime", n)
		}
	}
	if n := len(s.of(now, "busy").by); n > 100 {
		t.Errorf("%d users are remembered, and 10 a second got through", n)
	}
}
