package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"pgregory.net/rapid"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestOwed lets users hold and give back at random. The sum is right, no user holds more than the
// part of the free bytes, and nothing is left in the end.
func TestOwed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := newOwed(1000)
		held := map[string][]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			user := fmt.Sprint("u", rapid.IntRange(0, 20).Draw(t, "user"))
			if n := rapid.IntRange(1, 120).Draw(t, "bytes"); rapid.Bool().Draw(t, "hold") {
				if less, err := o.try(user, n); less == nil && err == nil {
					is := rapid.IntRange(1, n).Draw(t, "is")
					o.settle(user, n, is)
					held[user] = append(held[user], is)
				}
			} else if mine := held[user]; len(mine) > 0 {
				o.give(user, mine[0])
				held[user] = mine[1:]
			}
			total := 0
			for user, mine := range held {
				sum := 0
				for _, n := range mine {
					sum += n
				}
				if d := o.users[user]; (d == nil) != (sum == 0) || d != nil && d.bytes != sum {
					t.Fatalf("%s holds %d, counted are %+v", user, sum, d)
				}
				if sum > o.max/(owedPart+1) {
					t.Fatalf("%s holds %d of %d", user, sum, o.max)
				}
				total += sum
			}
			if total != o.total || total > o.max {
				t.Fatalf("held are %d, counted %d of %d", total, o.total, o.max)
			}
		}
	})
}

func TestOwed_waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOwed(900)
		if err := o.hold(t.Context(), "ann", 100); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := o.hold(t.Context(), "ann", 1); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) || time.Since(began) != owedTimeout {
			t.Errorf("more than a user may hold: %v after %v", err, time.Since(began))
		}
		got := make(chan error)
		go func() { got <- o.hold(t.Context(), "ann", 60) }()
		synctest.Wait()
		if err := o.hold(t.Context(), "bob", 50); err != nil {
			t.Errorf("another user: %v", err)
		}
		o.give("ann", 50)
		synctest.Wait()
		o.give("ann", 50)
		if err := <-got; err != nil {
			t.Errorf("after the user has read: %v", err)
		}
		if err := o.hold(t.Context(), "cem", 200); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
			t.Errorf("a user who holds nothing, without room: %v", err)
		}
	})
}

const (
	attackers = 20
	maxOwed   = 18 << 20 // so a user may hold 2 MiB
	slack     = 5 << 20  // more than the pipes and goroutines of the attackers take
)

// TestOwed_attack edits a large message as often as is allowed. Then twenty sessions of a user ask
// for all its versions, and for pages of history, over and over, and read nothing. The memory stays
// within the user's part and the bytes that the sessions themselves may queue. Another user is
// answered, and once the sessions are gone nothing is held any more.
func TestOwed_attack(t *testing.T) {
	ask := func(t *testing.T, r *rig, commands string) {
		t.Helper()
		for range attackers {
			c := r.dial(t)
			c.send(`{"type":"connect","v":1,"token":"mallory"}`)
			c.listenOnce() // the welcome
			c.send(commands)
		}
	}
	post := func(t *testing.T, r *rig, commands string) {
		t.Helper()
		for range attackers {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://bridge"+wire.PathFrames, strings.NewReader(commands))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer mallory")
			go func() {
				if resp, err := r.http.Do(req); err == nil { // it returns once the head of the answer is there
					<-t.Context().Done()
					_ = resp.Body.Close()
				}
			}()
		}
	}
	for name, attack := range map[string]func(t *testing.T, r *rig, commands string){"sockets": ask, "posts": post} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { suffer(t, attack) })
		})
	}
}

func suffer(t *testing.T, attack func(t *testing.T, r *rig, commands string)) {
	t.Helper()
	log := realLog(t)
	r := newRig(t, Config{Log: log, MaxOwed: maxOwed, Limits: wire.Limits{UserCommandsPerS: 1 << 20, CommandsPerS: 1 << 20}})
	mallory := r.connect(t, "mallory")
	text := func(i int) string { return fmt.Sprintf(`{"text":"%d %s"}`, i, strings.Repeat("x", 16_000)) }
	mallory.send(`{"type":"send","ref":1,"to":"bob","client_id":"c","content":` + text(0) + `}`)
	expect[wire.Ack](mallory)
	edits := wire.DefaultLimits().MessageEdits
	for i := range edits {
		mallory.send(fmt.Sprintf(`{"type":"edit","ref":%d,"channel":"bob~mallory","seq":1,"content":%s}`, i, text(i+1)))
		skipTo[wire.Ack](mallory)
	}
	mallory.send(fmt.Sprintf(`{"type":"edit","ref":9,"channel":"bob~mallory","seq":1,"content":%s}`, text(-1)))
	if e := skipTo[*wire.Error](mallory); e.Code != wire.CodeTooLarge {
		t.Errorf("one edit more than is allowed: %v", e)
	}
	_ = mallory.ws.CloseNow()
	synctest.Wait()
	bob := r.connect(t, "bob")
	before := heap()
	attack(t, r, strings.Repeat(`{"type":"get_versions","channel":"bob~mallory","seq":1}`+"\n"+`{"type":"history","channel":"bob~mallory"}`+"\n", 8))
	synctest.Wait()
	r.owed.mu.Lock()
	total := r.owed.total
	r.owed.mu.Unlock()
	if total == 0 || total > maxOwed/(owedPart+1) {
		t.Errorf("%d bytes are held", total)
	}
	if grown, most := heap()-before, maxOwed/(owedPart+1)*2+attackers*(maxQueued+batchBytes)+slack; grown > most {
		t.Errorf("the heap has grown by %d KiB; at most %d are allowed", grown>>10, most>>10)
	} else {
		t.Logf("%d KiB are held, the heap has grown by %d KiB", total>>10, grown>>10)
	}
	bob.send(`{"type":"history","ref":3,"channel":"bob~mallory"}`)
	if page := skipTo[wire.Page](bob); len(page.Events) != 1 {
		t.Errorf("the other user got %d messages", len(page.Events))
	}
	time.Sleep(time.Minute) // nobody reads: they are slow
	synctest.Wait()
	r.owed.mu.Lock()
	defer r.owed.mu.Unlock()
	if r.owed.total != 0 || len(r.owed.users) != 0 {
		t.Errorf("in the end %d bytes are held by %v", r.owed.total, r.owed.users)
	}
}

// heap returns the bytes of the heap that are in use.
func heap() int {
	embedtest.EmptyPools()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// skipTo returns the next frame of a type, and leaves out those before it.
func skipTo[T wire.Frame](c *client) T {
	c.tb.Helper()
	for {
		f, err := wire.DecodeFrame(c.next())
		if err != nil {
			c.tb.Fatal(err)
		}
		if found, ok := f.(T); ok {
			return found
		}
	}
}

// TestOwed_readersAreNotHeldUp asks for more pages than a user may hold at once, and reads them:
// all of them come, over either transport, and in their order over HTTP.
func TestOwed_readersAreNotHeldUp(t *testing.T) {
	const n = 60
	event := wire.AppendEvent(nil, 0, 1, "alice~bob", []byte(`{"kind":"message","content":{"text":"`+strings.Repeat("x", 300_000)+`"}}`))
	history := func(context.Context, string, *wire.History) ([][]byte, bool, error) {
		return [][]byte{event}, false, nil
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{history: history}, MaxOwed: maxOwed})
		c := r.connect(t, "alice")
		var lines []string
		for ref := range n {
			lines = append(lines, fmt.Sprintf(`{"type":"history","ref":%d,"channel":"alice~bob"}`, ref+1))
		}
		c.send(strings.Join(lines, "\n"))
		seen := map[uint64]bool{}
		for range n {
			seen[expect[wire.Page](c).Ref.Ref] = true
		}
		if len(seen) != n {
			t.Errorf("%d pages came", len(seen))
		}
		ref := uint64(0)
		for frame := range split(r.postFrames(t, "alice", strings.Join(lines, "\n"))) {
			if got := decode[wire.Page](t, frame); got.Ref.Ref != ref+1 {
				t.Fatalf("page %d came after %d", got.Ref.Ref, ref)
			}
			ref++
		}
		if ref != n {
			t.Errorf("%d pages came over HTTP", ref)
		}
		_ = c.ws.Close(websocket.StatusNormalClosure, "")
		synctest.Wait()
		if r.owed.total != 0 {
			t.Errorf("%d bytes are held", r.owed.total)
		}
	})
}
