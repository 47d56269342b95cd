package chaos_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// TestBurst sends ten times as many messages as the cluster stores with ease, for a while, in
// addition to the usual talk.
func TestBurst(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, scale{devices: 60, directs: 20, rate: 60, groups: []int{30, 20, 10, 5, 5, 3, 3, 3}})
	st.burst(6 * time.Second)
	st.finish()
}

const (
	// inBurst is the number of members of each group of a burst. No user is in two of these
	// groups, so no member has to catch up with more events than a resume brings.
	inBurst = 3
	// window is the number of messages that each owner has under way while the storing rate is
	// measured.
	window = 16
)

// trial is for how long the rate is measured.
var trial = sometimes(2*time.Second, time.Second)

// burst measures how many messages a second are stored when few are under way. Then it sends
// ten times as many for a while, or as many as the connections take. Refusals must be
// temporary. After the burst, all devices must be level within seconds. The end of the test
// checks that no device missed anything.
func (st *stage) burst(d time.Duration) {
	st.t.Helper()
	ctx, cancel := context.WithTimeout(st.crowd.life, d+patience)
	defer cancel()
	b := st.dialBurst(ctx)
	b.each(func(f *flooder) { f.steadily(ctx, time.Now().Add(trial)) })
	stored := b.settle(ctx)["ack"]
	rate := float64(stored) / trial.Seconds()
	began := time.Now()
	b.each(func(f *flooder) { f.pour(ctx, 10*rate/float64(len(b.all)), began, d) })
	over := time.Now()
	st.probes.await(st.t.Context(), over, st.cluster.nodes)
	level := time.Since(over)
	answers := b.settle(ctx)
	said := 0
	for _, n := range answers {
		said += n
	}
	st.t.Logf("%.0f/s are stored; in %v another %d/s were said; all answers were %v; everybody was level %v later",
		rate, over.Sub(began).Round(time.Millisecond), int(float64(said-stored)/over.Sub(began).Seconds()), answers, level.Round(time.Millisecond))
	if level > sometimes(15*time.Second, patience) {
		st.t.Errorf("everybody was level only %v after a burst", level)
	}
	b.close()
}

// burst is a set of connections that send much without waiting for answers.
type burst struct {
	crowd   *crowd
	all     []*flooder
	reading sync.WaitGroup
}

// flooder is one connection of a burst. One goroutine sends and one reads.
type flooder struct {
	crowd   *crowd
	d       *device
	channel string
	conn    *websocket.Conn

	mu      sync.Mutex // protects following
	sends   []*check.Send
	open    int // sends without an answer
	answers map[string]int
	moved   chan struct{} // holds a token when something was answered
}

// dialBurst connects to all nodes in turn. Each connection belongs to the owner of a small
// group of its own.
func (st *stage) dialBurst(ctx context.Context) *burst {
	st.t.Helper()
	b := &burst{crowd: st.crowd}
	for some := range slices.Chunk(st.crowd.pick(16*inBurst), inBurst) {
		i := len(b.all)
		f := &flooder{crowd: st.crowd, d: some[0], answers: map[string]int{}, moved: make(chan struct{}, 1)}
		f.channel = st.crowd.group(f.d, fmt.Sprint("burst ", i), some[1:])
		f.dial(ctx, st.cluster.nodes[i%len(st.cluster.nodes)].URL)
		b.all = append(b.all, f)
		b.reading.Go(func() { f.read(ctx) })
	}
	return b
}

func (b *burst) each(do func(*flooder)) {
	var all sync.WaitGroup
	for _, f := range b.all {
		all.Go(func() { do(f) })
	}
	all.Wait()
}

// settle waits until everything is answered, and returns the numbers of all answers so far.
func (b *burst) settle(ctx context.Context) map[string]int {
	b.crowd.tb.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := map[string]int{}
	for _, f := range b.all {
		if !f.await(ctx, 0) {
			b.crowd.tb.Fatalf("%s has not been answered everything within %v", f.d.name, patience)
		}
		f.mu.Lock()
		for what, n := range f.answers {
			answers[what] += n
		}
		f.mu.Unlock()
	}
	return answers
}

// close closes the connections, and hands the sends to the crowd.
func (b *burst) close() {
	for _, f := range b.all {
		_ = f.conn.Close(websocket.StatusNormalClosure, "") // everything is answered by then
	}
	b.reading.Wait()
	b.crowd.mu.Lock()
	defer b.crowd.mu.Unlock()
	for _, f := range b.all {
		b.crowd.sends = append(b.crowd.sends, f.sends...)
	}
}

func (f *flooder) dial(ctx context.Context, url string) {
	f.crowd.tb.Helper()
	hello, err := wire.Append(nil, wire.Connect{Version: wire.Version, Token: f.d.token})
	if err == nil {
		f.conn, _, err = websocket.Dial(ctx, url+wire.PathWebSocket, nil)
	}
	if err == nil {
		f.conn.SetReadLimit(-1)
		err = f.conn.Write(ctx, websocket.MessageText, hello)
	}
	if err != nil {
		f.crowd.tb.Fatalf("connect %s: %v", f.d.name, err)
	}
}

// steadily sends until end, with a few messages under way.
func (f *flooder) steadily(ctx context.Context, end time.Time) {
	for time.Now().Before(end) && f.await(ctx, window-1) {
		f.send(ctx)
	}
}

// pour sends at the given rate, whatever the answers are.
func (f *flooder) pour(ctx context.Context, rate float64, began time.Time, d time.Duration) {
	for sent := 0; ctx.Err() == nil; {
		passed := time.Since(began)
		if passed >= d {
			return
		}
		if float64(sent) >= rate*passed.Seconds() {
			_ = wait(ctx, 5*time.Millisecond)
			continue
		}
		f.send(ctx)
		sent++
	}
}

// send sends one message and does not wait for its answer.
func (f *flooder) send(ctx context.Context) {
	f.mu.Lock()
	i := len(f.sends)
	id := fmt.Sprint("burst.", i)
	f.sends = append(f.sends, &check.Send{Lane: f.channel, Channel: f.channel, Sender: f.d.user, ClientID: id, Text: "a word among many"})
	f.open++
	f.mu.Unlock()
	cmd := wire.Send{Channel: f.channel, ClientID: id, Content: wire.Content{Text: "a word among many"}}
	cmd.Ref.Ref = uint64(i) + 1
	frame, err := wire.Append(nil, cmd)
	if err == nil {
		err = f.conn.Write(ctx, websocket.MessageText, frame)
	}
	if err != nil {
		f.crowd.tb.Errorf("%s could not say more: %v", f.d.name, err)
	}
}

// await waits until at most open messages are unanswered. It reports false if that takes too
// long.
func (f *flooder) await(ctx context.Context, open int) bool {
	for {
		f.mu.Lock()
		enough := f.open <= open
		f.mu.Unlock()
		if enough {
			return true
		}
		select {
		case <-f.moved:
		case <-ctx.Done():
			return false
		}
	}
}

// read reads answers until the connection is closed. It ignores events: other devices of the
// user check those.
func (f *flooder) read(ctx context.Context) {
	for {
		_, data, err := f.conn.Read(ctx)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(data)) {
			f.take([]byte(line))
		}
	}
}

func (f *flooder) take(line []byte) {
	frame, err := wire.DecodeFrame(line)
	if err != nil {
		f.crowd.tb.Errorf("%s was answered %q: %v", f.d.name, line, err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch frame := frame.(type) {
	case wire.Ack:
		f.sends[frame.Ref.Ref-1].Ack = ackOf(&frame)
		f.answered("ack")
	case *wire.Error:
		if !frame.Retryable || frame.Ref.Ref == 0 {
			f.crowd.tb.Errorf("%s was answered %s", f.d.name, strconv.Quote(string(line)))
		}
		if frame.Ref.Ref > 0 {
			f.sends[frame.Ref.Ref-1].Refused = frame.Code != wire.CodeTimeout && frame.Code != wire.CodeInternal
			f.answered(string(frame.Code))
		}
	}
}

// answered counts an answer. The caller holds mu.
func (f *flooder) answered(what string) {
	f.answers[what]++
	f.open--
	select {
	case f.moved <- struct{}{}:
	default: // a token is there already
	}
}
