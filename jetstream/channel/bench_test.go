package channel

import (
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// BenchmarkSend measures the rules for one message: the decision and the state after it.
func BenchmarkSend(b *testing.B) {
	for _, slow := range []int{0, 60} {
		b.Run(fmt.Sprintf("members=500/slow_mode_s=%d", slow), func(b *testing.B) {
			r := newRoom(GroupID("ann", "1"))
			r.most = 500
			members := make([]string, 499)
			for i := range members {
				members[i] = fmt.Sprintf("user%03d", i)
			}
			r.must(b, "ann", wire.CreateGroup{Name: "toads", Members: members}, wire.UpdateChannel{Topic: new("x"), SlowModeS: &slow})
			env := r.env()
			env.NewID = func() string { return "0199c2f0-7c2a-7b30-9d2e-3f6b1a2c4d5e" }
			cmd := say("hello")
			st := r.st
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				env.Now += 125 // each of 499 members speaks once in 62 s
				events, err := Decide(st, r.id, members[n%len(members)], cmd, env)
				if err != nil {
					b.Fatal(err)
				}
				st = Apply(st, r.id, uint64(n), &events[0])
			}
		})
	}
}
