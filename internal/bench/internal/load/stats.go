package load

import (
	"math"
	"slices"
	"time"
)

// Samples holds all measured durations. So percentiles are exact, not taken from a histogram.
type Samples []time.Duration

// Percentile returns the smallest sample that at least p percent of the samples do not exceed
// (nearest rank). It sorts the samples. Without samples it returns 0.
func (s Samples) Percentile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	if !slices.IsSorted(s) {
		slices.Sort(s)
	}
	rank := int(math.Ceil(p*float64(len(s))/100 - 1e-9)) // 99.9 has no exact binary form
	return s[min(max(rank, 1), len(s))-1]
}

// Median returns the median of some numbers: the mean of the middle two if their count is even.
// It returns NaN if there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// Ms returns a duration in milliseconds.
func Ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
