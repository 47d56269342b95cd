package receipts

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkTable_memory is what a cursor costs: in groups of 500, and in direct channels.
func BenchmarkTable_memory(b *testing.B) {
	const pairs = 100_000
	for name, members := range map[string]int{"group of 500": 500, "direct": 2} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				t := newTable()
				before := heap()
				for i := range pairs {
					channel, user := fmt.Sprintf("g%024d", i/members), fmt.Sprint("user-", i%members)
					t.apply(key{channel, user}, Mark{uint64(i), uint64(i)}, uint64(i+1))
				}
				b.ReportMetric(float64(heap()-before)/pairs, "B/cursor")
				runtime.KeepAlive(t)
			}
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func FuzzParseSubject(f *testing.F) {
	f.Add("receipt.0.alice~bob.alice")
	f.Add("receipt.0.a.b.c")
	f.Add("chat.0.a.b")
	f.Fuzz(func(t *testing.T, subject string) {
		k, ok := parseSubject(subject)
		if !ok {
			return
		}
		shard, _, _ := strings.Cut(strings.TrimPrefix(subject, "receipt."), ".")
		if got := "receipt." + shard + "." + k.channel + "." + k.user; got != subject {
			t.Errorf("%q became %q", subject, got)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"read":3,"delivered":7,"timestamp":1764000000123}`))
	f.Add([]byte(`{"read":3,"new":{}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			return
		}
		again, err := encode(m, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decode(again); err != nil || got != m || m.Delivered < m.Read {
			t.Errorf("%s is %v, and then %v, %v", data, m, got, err)
		}
	})
}
