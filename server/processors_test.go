package main

import "testing"

func TestProcessors_sparesSmallMachines(t *testing.T) {
	for cores, want := range map[int]int{1: 1 + spare, 2: 2 + spare, fewCores: fewCores + spare, fewCores + 1: fewCores + 1, 64: 64} {
		if got := processors(cores); got != want {
			t.Errorf("on %d cores %d goroutines run at once, want %d", cores, got, want)
		}
	}
}
