package jetstream

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

var payload = strings.Repeat("x", 200)

// BenchmarkSend measures the log without sockets. Senders run concurrently, and each waits for
// its ack. Every write is synced.
func BenchmarkSend(b *testing.B) {
	for _, senders := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			l, _ := start(b, embedtest.Start(b), b.TempDir(), 1)
			var n atomic.Int64
			concurrently(b, senders, func(sender int) {
				id := fmt.Sprint("c", n.Add(1))
				if _, err := l.Change(b.Context(), fmt.Sprint("u", sender), text(fmt.Sprint("v", sender), id, payload)); err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// BenchmarkBarePublish measures the engine alone. It publishes the same messages singly into
// the same streams.
func BenchmarkBarePublish(b *testing.B) {
	for _, senders := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(senders), func(b *testing.B) {
			node := embedtest.Start(b)
			js, err := jetstream.New(node.Conn)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := openStreams(b.Context(), js, logLevel, defaultShards, 1); err != nil {
				b.Fatal(err)
			}
			concurrently(b, senders, func(sender int) {
				channel := wire.DirectChannel(fmt.Sprint("u", sender), fmt.Sprint("v", sender))
				msg := &nats.Msg{Subject: Subject(channel), Data: []byte(payload)}
				if _, err := js.PublishMsg(b.Context(), msg); err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// concurrently calls do b.N times, spread over n workers.
func concurrently(b *testing.B, n int, do func(worker int)) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for worker := range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				do(worker)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
