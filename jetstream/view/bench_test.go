package view

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// feed makes the log of many direct channels of one shard. The next sender is random, as in real
// use, and each record is as the writer would have stored it.
type feed struct {
	rng      *rand.Rand
	channels []string
	users    [][2]string
	seqs     []uint64
	versions []uint64
	pos      uint64
	words    []string
}

func newFeed(channels int) *feed {
	f := &feed{rng: rand.New(rand.NewPCG(1, 2)), seqs: make([]uint64, channels), versions: make([]uint64, channels)}
	for i := range channels {
		a, b := fmt.Sprintf("user-%07d", i), fmt.Sprintf("user-%07d", f.rng.IntN(channels)+channels)
		f.channels = append(f.channels, wire.DirectChannel(a, b))
		f.users = append(f.users, [2]string{a, b})
	}
	const letters = "eeeeeeetttttaaaaaooooiiiiinnnnnsssshhhhrrrrdddlllcccuuummwwffggyyppbbvk"
	f.words = make([]string, 4096)
	for i := range f.words {
		word := make([]byte, 2+f.rng.IntN(4)+f.rng.IntN(4))
		for j := range word {
			word[j] = letters[f.rng.IntN(len(letters))]
		}
		f.words[i] = string(word)
	}
	return f
}

func (f *feed) batch(n int) []Event {
	events := make([]Event, 0, n)
	for len(events) < n {
		i := f.rng.IntN(len(f.channels))
		if f.seqs[i] == 0 {
			events = append(events, f.event(i, wire.KindMeta, &wire.Record{
				Sender: f.users[i][0],
				Meta:   &wire.Meta{Action: wire.ActionCreated, Kind: wire.Direct, Members: f.users[i][:]},
			}))
		}
		f.seqs[i]++
		events = append(events, f.event(i, wire.KindMessage, &wire.Record{
			Sender: f.users[i][f.rng.IntN(2)], Seq: f.seqs[i],
			ClientID: fmt.Sprintf("%016x%016x", f.rng.Uint64(), f.rng.Uint64()),
			Content:  &wire.Content{Text: f.say()},
		}))
	}
	return events
}

// say returns 200 characters of random words, out of 4,096 words.
func (f *feed) say() string {
	text := make([]byte, 0, 216)
	for len(text) < 200 {
		text = append(append(text, f.words[f.rng.IntN(len(f.words))]...), ' ')
	}
	return string(text[:200])
}

func (f *feed) event(i int, kind wire.Kind, r *wire.Record) Event {
	f.pos++
	f.versions[i]++
	r.Kind, r.Version = kind, f.versions[i]
	r.ID = f.newID(f.channels[i])
	r.Timestamp = 1_790_000_000_000 + int64(f.pos)
	data, err := wire.EncodeRecord(r)
	if err != nil {
		panic(err)
	}
	return Event{Pos: f.pos, Channel: f.channels[i], Kind: kind, Record: data}
}

// newID returns an id as the writer makes it.
func (f *feed) newID(channelID string) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], (1_790_000_000_000+f.pos)<<16|f.rng.Uint64N(1<<16))
	binary.BigEndian.PutUint64(id[8:], f.rng.Uint64())
	return uuid.UUID(channel.Bind(id, channelID)).String()
}

func openBench(b *testing.B, dir string) *View {
	b.Helper()
	v, err := Open(dir, Options{Shards: 1, Epoch: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := v.Close(); err != nil {
			b.Error(err)
		}
	})
	return v
}

// BenchmarkApply applies half a million messages of 100,000 channels, 500 at a time, to an empty
// view, as a rebuild does. CPU is the time of the whole process, including Pebble's background
// work.
func BenchmarkApply(b *testing.B) {
	f := newFeed(100_000)
	var batches [][]Event
	for len(batches) < 1000 {
		batches = append(batches, f.batch(500))
	}
	events, cpu := 0, processCPU(b)
	for b.Loop() {
		v := openBench(b, b.TempDir())
		for _, batch := range batches {
			if _, err := v.Apply(0, batch, 0); err != nil {
				b.Fatal(err)
			}
			events += len(batch)
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((processCPU(b)-cpu).Microseconds())/float64(events), "cpu-µs/event")
}

// BenchmarkFill fills a view with messages to random ones of very many direct channels, and
// reports the cost of the last tenth of them. VIEW_MESSAGES and VIEW_CHANNELS set how many
// there are. 12,000,000 and 1,000,000 are those of a large node.
func BenchmarkFill(b *testing.B) {
	channels, messages := fromEnv(b, "VIEW_CHANNELS", 20_000), fromEnv(b, "VIEW_MESSAGES", 200_000)
	for b.Loop() {
		f := newFeed(channels)
		dir := b.TempDir()
		v := openBench(b, dir)
		fill(b, v, f, messages-messages/10, nil)
		var spent spent
		fill(b, v, f, messages/10, &spent)
		b.ReportMetric(float64(spent.events)/spent.elapsed.Seconds(), "events/s")
		b.ReportMetric(float64(spent.cpu.Microseconds())/float64(spent.events), "cpu-µs/event")
		if err := v.db.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := v.db.Compact(b.Context(), []byte{0}, []byte{0xff}, true); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(v.db.Metrics().Total().TablesSize)/float64(messages), "B/message")
	}
}

type spent struct {
	events       int
	elapsed, cpu time.Duration
}

// fill applies this many messages, 500 events at a time. It counts only the time and CPU of
// applying.
func fill(b *testing.B, v *View, f *feed, messages int, s *spent) {
	b.Helper()
	for done := 0; done < messages; done += 500 {
		batch := f.batch(500)
		began, cpu := time.Now(), processCPU(b)
		if _, err := v.Apply(0, batch, 0); err != nil {
			b.Fatal(err)
		}
		if s != nil {
			s.events += len(batch)
			s.elapsed += time.Since(began)
			s.cpu += processCPU(b) - cpu
		}
	}
}

func fromEnv(b *testing.B, name string, otherwise int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func processCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkDecode(b *testing.B) {
	f := newFeed(10)
	events := f.batch(1000)
	e := events[len(events)-1]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(&e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkQuery queries a view of a million messages in 100,000 channels, with caches as warm
// as use makes them.
func BenchmarkQuery(b *testing.B) {
	f := newFeed(100_000)
	v := openBench(b, b.TempDir())
	for range 2000 {
		if _, err := v.Apply(0, f.batch(500), 0); err != nil {
			b.Fatal(err)
		}
	}
	at := v.Position(0)
	pick := func() int { return f.rng.IntN(len(f.channels)) }
	b.Run("history of 50", func(b *testing.B) {
		full := slices.IndexFunc(f.seqs, func(seq uint64) bool { return seq >= 15 })
		ask(b, func() error {
			_, _, err := v.History(f.users[full][0], f.channels[full], Window{Limit: 50})
			return err
		})
	})
	b.Run("history of 50 of any channel", func(b *testing.B) {
		ask(b, func() error {
			i := pick()
			_, _, err := v.History(f.users[i][0], f.channels[i], Window{Limit: 50})
			return err
		})
	})
	b.Run("client id not there", func(b *testing.B) {
		ask(b, func() error { i := pick(); _, err := v.Find(f.channels[i], f.users[i][0], "new"); return err })
	})
	b.Run("channel", func(b *testing.B) {
		ask(b, func() error { _, err := v.Channel(f.channels[pick()]); return err })
	})
	b.Run("nothing missed", func(b *testing.B) {
		ask(b, func() error {
			_, _, err := v.Missed(f.users[pick()][0], Span{After: at, Upto: at}, 100, 1<<20)
			return err
		})
	})
	b.Run("ten missed", func(b *testing.B) {
		ask(b, func() error {
			_, _, err := v.Missed(f.users[pick()][0], Span{After: 0, Upto: at}, 10, 1<<20)
			return err
		})
	})
}

func ask(b *testing.B, query func() error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := query(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList asks for the first window of a user with 50 channels and of a user with 5,000,
// in views that both have 10,000 channels.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{50, 5000} {
		b.Run(fmt.Sprint("of ", n), func(b *testing.B) {
			f := newFeed(10_000)
			for i := range n {
				f.users[i][1] = "ann"
				f.channels[i] = wire.DirectChannel(f.users[i][0], "ann")
			}
			v := openBench(b, b.TempDir())
			for range 200 {
				if _, err := v.Apply(0, f.batch(500), 0); err != nil {
					b.Fatal(err)
				}
			}
			ask(b, func() error {
				channels, _, err := v.List("ann", Listing{Limit: 50}, unread)
				if len(channels) != min(n, 50) {
					b.Fatalf("%d channels", len(channels))
				}
				return err
			})
		})
	}
}
