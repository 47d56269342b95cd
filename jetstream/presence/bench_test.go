package presence

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"natterjack/server/wire"
)

// BenchmarkRoster measures the memory that one user takes on each node.
func BenchmarkRoster(b *testing.B) {
	const users = 100_000
	for b.Loop() {
		before := heapInUse()
		r := newRoster()
		r.renew("n1", &lease{Run: "r1"}, 0, time.Now(), 0)
		for i := range users {
			r.put(fmt.Sprintf("user-%08d", i), "n1", &entry{State: wire.PresenceOnline, Since: 1, Run: "r1"})
		}
		b.ReportMetric(float64(heapInUse()-before)/users, "B/user")
		runtime.KeepAlive(r)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
