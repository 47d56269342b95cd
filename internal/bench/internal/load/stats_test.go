package load

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPercentile_IsNearestRank(t *testing.T) {
	var s Samples
	for i := range 1000 {
		s = append(s, time.Duration(1000-i)) // 1000 … 1, unsorted
	}
	for p, want := range map[float64]time.Duration{0: 1, 50: 500, 99: 990, 99.9: 999, 100: 1000} {
		if got := s.Percentile(p); got != want {
			t.Errorf("p%v is %d, want %d", p, got, want)
		}
	}
	if got := (Samples{7}).Percentile(99); got != 7 {
		t.Errorf("p99 of one sample is %d, want 7", got)
	}
	if got := (Samples{}).Percentile(99); got != 0 {
		t.Errorf("p99 of nothing is %d, want 0", got)
	}
}

// Percentile matches its definition: at least p percent of the samples are not above it, and no
// smaller sample has that property.
func TestPercentile_Definition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Samples(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(0, 50).Draw(t, "sample"))
		}), 1, 200).Draw(t, "samples"))
		p := rapid.Float64Range(0.1, 100).Draw(t, "p")
		got := s.Percentile(p)
		atMost := func(v time.Duration) (n int) {
			for _, x := range s {
				if x <= v {
					n++
				}
			}
			return n
		}
		need := p/100*float64(len(s)) - 1e-6
		if float64(atMost(got)) < need {
			t.Fatalf("only %d of %d samples are at most %d", atMost(got), len(s), got)
		}
		if n := atMost(got - 1); float64(n) >= need {
			t.Fatalf("%d of %d samples are below %d already", n, len(s), got)
		}
	})
}

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1}, 2.5}, {[]float64{5}, 5}} {
		if got := Median(tc.values); got != tc.want {
			t.Errorf("median of %v is %v, want %v", tc.values, got, tc.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v, want NaN", got)
	}
}

func TestMs(t *testing.T) {
	if got := Ms(1500 * time.Microsecond); got != 1.5 {
		t.Errorf("1500 µs are %v ms", got)
	}
}
