package main

import "context"

// benchmark is one entry of the suite.
type benchmark struct {
	name string
	run  func(ctx context.Context, r *rig) ([]result, error)
}

// suite returns all benchmarks, in the order in which they run.
func suite() []benchmark {
	return []benchmark{
		{"send-1", sending(1)},
		{"send-100", sending(100)},
		{"send-1000", sending(1000)},
		{"latency-500", latency(500)},
		{"latency-1000", latency(1000)},
		{"latency-2000", latency(2000)},
		{"latency-5000", latency(5000)},
		{"latency-12000", latency(12_000)},
		{"latency-16000", latency(16_000)},
		{"sustained", sustained},
		{"fanout-500", fanout(500, 50)},
		{"fanout-500-live", fanoutLive(500, 20)},
		{"idle-10000", idle(10_000)},
		{"sign-in", signIn},
		{"hostile", hostile},
		{"presence", presence},
		{"push", pushing},
		{"push-decide", decisions},
		{"media", media},
		{"size", size},
		{"history", history},
		{"search-found", found},
		{"search-share", indexed},
		{"search-rebuild", besideSearch},
		{"grow", grow},
		{"restart", restart},
		{"rebuild", rebuild},
		{"search", search},
	}
}
