package proc

import (
	"maps"
	"os"
	"time"
)

// Window is a period over which processor time is counted. It is for one goroutine.
type Window struct {
	began  time.Time
	before machine
	used   map[int]time.Duration
}

// Usage is the processor time that was used in a [Window].
type Usage struct {
	Elapsed time.Duration
	CPU     map[int]time.Duration // by process id
	Load    float64               // cores used by this process, the load generator
	Foreign float64               // cores used by processes that were not named, and by the kernel
	Stolen  float64               // cores that this machine wanted but did not get from its host
}

// Begin opens a window over this process and the other processes of the benchmark.
func Begin(pids ...int) (*Window, error) {
	w := &Window{began: time.Now(), used: make(map[int]time.Duration)}
	for _, pid := range append(pids, os.Getpid()) {
		used, err := CPU(pid)
		if err != nil {
			return nil, err
		}
		w.used[pid] = used
	}
	var err error
	w.before, err = readMachine()
	return w, err
}

// End returns the usage since Begin. It may be called again later, with the same beginning.
func (w *Window) End() (Usage, error) {
	u := Usage{Elapsed: time.Since(w.began), CPU: maps.Clone(w.used)}
	now, err := readMachine()
	if err != nil {
		return u, err
	}
	foreign := now.busy - w.before.busy
	for pid, before := range w.used {
		used, err := CPU(pid)
		if err != nil {
			return u, err
		}
		u.CPU[pid] = used - before
		foreign -= u.CPU[pid]
	}
	u.Load = cores(u.CPU[os.Getpid()], u.Elapsed)
	u.Foreign = max(cores(foreign, u.Elapsed), 0)
	u.Stolen = cores(now.stolen-w.before.stolen, u.Elapsed)
	return u, nil
}

// Of returns the processor time of several processes together.
func (u Usage) Of(pids ...int) (sum time.Duration) {
	for _, pid := range pids {
		sum += u.CPU[pid]
	}
	return sum
}

func cores(used, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(used) / float64(elapsed)
}
