package main

import (
	"time"

	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
)

// figures are the results of one run, by name, in the order in which they were found.
type figures struct{ all []metric }

func (f *figures) add(name string, value float64) { f.all = append(f.all, metric{name, value}) }

// addLatency adds the percentiles of the samples in milliseconds.
func (f *figures) addLatency(prefix string, s load.Samples) {
	f.add(prefix+"p50_ms", load.Ms(s.Percentile(50)))
	f.add(prefix+"p99_ms", load.Ms(s.Percentile(99)))
	f.add(prefix+"p999_ms", load.Ms(s.Percentile(99.9)))
}

// of returns a figure by name. The figure must exist.
func of(all []metric, name string) float64 {
	for _, m := range all {
		if m.Name == name {
			return m.Value
		}
	}
	panic("bench: no figure " + name)
}

// without returns all figures except the named ones, which a result carries in its own fields.
func without(all []metric, names ...string) (rest []metric) {
next:
	for _, m := range all {
		for _, name := range names {
			if m.Name == name {
				continue next
			}
		}
		rest = append(rest, m)
	}
	return rest
}

// medians returns the median of each figure over several runs. All runs must have the same
// figures.
func medians(runs []figures) []metric {
	out := make([]metric, len(runs[0].all))
	for i, m := range runs[0].all {
		values := make([]float64, len(runs))
		for k, run := range runs {
			values[k] = run.all[i].Value
		}
		out[i] = metric{m.Name, load.Median(values)}
	}
	return out
}

// perHundredThousand returns processor seconds for each hundred thousand of n.
func perHundredThousand(used time.Duration, n int) float64 {
	return used.Seconds() / float64(n) * 100_000
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// addOthers adds the CPU that others used: the load generator, other processes of the machine, and
// its host.
func (f *figures) addOthers(prefix string, u proc.Usage) {
	f.add(prefix+"load_cores", u.Load)
	f.add(prefix+"foreign_cores", u.Foreign)
	f.add(prefix+"stolen_cores", u.Stolen)
}
