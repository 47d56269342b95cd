package bridge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// post sends a POST request.
func (r *rig) post(tb testing.TB, path, body string, header ...string) *http.Response {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		tb.Fatalf("POST %s: %v", path, err)
	}
	if _, ok := r.listener.(*secured); ok && resp.ProtoMajor != 2 {
		tb.Fatalf("POST %s: answered over %s, want HTTP/2", path, resp.Proto)
	}
	tb.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// lines posts a body and reads an answer that has one frame per line.
func (r *rig) lines(tb testing.TB, path, body string, header ...string) (frames []wire.Frame) {
	tb.Helper()
	resp := r.post(tb, path, body, header...)
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("POST %s: %s, %v: %s", path, resp.Status, err, answer)
	}
	for line := range split(answer) {
		frames = append(frames, decode[wire.Frame](tb, line))
	}
	return frames
}

func TestFrames_repliesInOrder(t *testing.T) {
	r := newRig(t, Config{})
	replies := r.lines(t, wire.PathFrames, strings.Join([]string{
		`{"type":"send","ref":1,"to":"bob","client_id":"a","content":{"text":"1"}}`,
		`{"type":"history","ref":2,"channel":"bob~carol"}`,
		`nonsense`,
		`{"type":"pong"}`,
		`{"type":"send","ref":4,"to":"bob","client_id":"b","content":{"text":"2"}}`,
		``,
		`{"type":"connect","ref":5,"v":1}`,
		`{"type":"send","ref":6,"to":"bob","client_id":"a","content":{"text":"1"}}`,
		`{"type":"list_channels","ref":7}`,
	}, "\n"), "Authorization", "Bearer alice")
	if len(replies) != 7 {
		t.Fatalf("%d replies: %+v", len(replies), replies)
	}
	first, second, again := replies[0].(wire.Ack), replies[3].(wire.Ack), replies[5].(wire.Ack)
	if first.Seq != 1 || first.Ref.Ref != 1 || second.Seq != 2 || second.Ref.Ref != 4 || again.ID != first.ID || again.Ref.Ref != 6 {
		t.Errorf("acks %+v, %+v, %+v", first, second, again)
	}
	for i, want := range map[int]wire.Code{1: wire.CodeForbidden, 2: wire.CodeMalformed, 4: wire.CodeInvalid} {
		if e, ok := replies[i].(*wire.Error); !ok || e.Code != want {
			t.Errorf("reply %d: %+v, want %s", i, replies[i], want)
		}
	}
	if l, ok := replies[6].(wire.Channels); !ok || l.Ref.Ref != 7 {
		t.Errorf("got %+v", replies[6])
	}
}

// TestFrames_sendsKeepOrder posts many sends in one request. The log must keep their order.
func TestFrames_sendsKeepOrder(t *testing.T) {
	r := newRig(t, Config{})
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf(`{"type":"send","ref":%d,"to":"bob","client_id":"c%d","content":{"text":"hi"}}`, i+1, i))
	}
	for i, f := range r.lines(t, wire.PathFrames, strings.Join(lines, "\n"), "Authorization", "Bearer alice") {
		if ack, ok := f.(wire.Ack); !ok || ack.Seq != uint64(i+1) || ack.Ref.Ref != ack.Seq {
			t.Fatalf("reply %d: %+v", i, f)
		}
	}
}

func TestFrames_limits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h held
		r := newRig(t, Config{Log: &fakeLog{submit: h.submit}, Limits: wire.Limits{InFlight: 2}})
		send := `{"type":"send","to":"bob","client_id":"a","content":{"text":"1"}}` + "\n"
		var replies []wire.Frame
		done := make(chan struct{})
		go func() {
			defer close(done)
			replies = r.lines(t, wire.PathFrames, strings.Repeat(send, 3), "Authorization", "Bearer alice")
		}()
		synctest.Wait()
		over := r.lines(t, wire.PathFrames, send, "Authorization", "Bearer alice")
		if e, ok := over[0].(*wire.Error); !ok || e.Code != wire.CodeTooFast {
			t.Errorf("another request: %+v", over)
		}
		h.release()
		<-done
		if e, ok := replies[2].(*wire.Error); !ok || e.Code != wire.CodeTooFast || len(replies) != 3 {
			t.Errorf("got %+v", replies)
		}
		if len(r.hub.users) != 0 {
			t.Errorf("left: %v", r.hub.users)
		}
	})
}

// TestHTTP_connectionIsReused sends another request on the same connection after the deadlines
// of the first request have passed.
func TestHTTP_connectionIsReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		var conns atomic.Int32
		r.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conns.Add(1)
			return r.listener.dial(ctx, network, addr)
		}
		for range 3 {
			r.lines(t, wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer alice")
			r.lines(t, wire.PathPoll, `{"type":"connect","v":1,"token":"alice"}`)
			time.Sleep(2 * writeTimeout)
			if resp := r.post(t, wire.PathFrames, ``); resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("got %s", resp.Status)
			} else if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Error(err)
			}
		}
		if n := conns.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestStream_slowIsLeft shows that the handler of a stream ends when its reader takes nothing
// any more.
func TestStream_slowIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		next, _ := r.stream(t, `{"type":"connect","v":1,"token":"bob/24h"}`)
		next()
		time.Sleep(24 * time.Hour) // pings fill the buffers of the client's transport
		if n := r.Sessions(); n != 0 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestHTTP_refusals(t *testing.T) {
	connect := `{"type":"connect","v":1,"token":"alice"}`
	broken := func(string, *wire.Resume) (jetstream.Start, error) { return jetstream.Start{}, io.ErrUnexpectedEOF }
	for name, tc := range map[string]struct {
		path, body string
		header     []string
		status     int
		code       wire.Code
	}{
		"no token":        {wire.PathFrames, `{"type":"pong"}`, nil, 401, wire.CodeUnauthorized},
		"other scheme":    {wire.PathFrames, `{"type":"pong"}`, []string{"Authorization", "Basic alice"}, 401, wire.CodeUnauthorized},
		"forged":          {wire.PathFrames, `{"type":"pong"}`, []string{"Authorization", "Bearer forged"}, 401, wire.CodeUnauthorized},
		"stale":           {wire.PathPoll, `{"type":"connect","v":1,"token":"stale"}`, nil, 401, wire.CodeExpired},
		"our fault":       {wire.PathStream, connect, nil, 500, wire.CodeInternal},
		"not a connect":   {wire.PathPoll, `{"type":"pong"}`, nil, 400, wire.CodeNotConnected},
		"nothing":         {wire.PathPoll, ``, nil, 400, wire.CodeMalformed},
		"two frames":      {wire.PathPoll, connect + "\n" + connect, nil, 400, wire.CodeMalformed},
		"other version":   {wire.PathPoll, `{"type":"connect","v":3,"token":"alice"}`, nil, 400, wire.CodeUnsupported},
		"too large":       {wire.PathFrames, strings.Repeat(" ", 1<<16+1), []string{"Authorization", "Bearer alice"}, 413, wire.CodeTooLarge},
		"foreign page":    {wire.PathPoll, connect, []string{"Origin", "https://evil.example.com"}, 403, wire.CodeForbidden},
		"wrong state":     {wire.PathStream, connect, []string{"Last-Event-ID", "17"}, 400, wire.CodeInvalid},
		"more wrong":      {wire.PathStream, connect, []string{"Last-Event-ID", "e:1-x"}, 400, wire.CodeInvalid},
		"state in both":   {wire.PathStream, `{"type":"connect","v":1,"token":"alice","resume":{"epoch":"e","positions":[1]}}`, []string{"Last-Event-ID", "17"}, 400, wire.CodeInvalid},
		"token in header": {wire.PathPoll, `{"type":"connect","v":1}`, []string{"Authorization", "bearer  stale"}, 401, wire.CodeExpired},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{Log: &fakeLog{follow: broken}})
			resp := r.post(t, tc.path, tc.body, tc.header...)
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if e := decode[*wire.Error](t, answer); resp.StatusCode != tc.status || e.Code != tc.code {
				t.Errorf("%s: %s", resp.Status, answer)
			}
		})
	}
}

func TestPoll_returnsWhatWaits(t *testing.T) {
	r := newRig(t, Config{})
	frames := r.lines(t, wire.PathPoll, `{"type":"connect","ref":3,"v":1,"token":"bob"}`)
	w, ok := frames[0].(wire.Welcome)
	if !ok || w.Recovered || w.Ref.Ref != 3 || len(frames) != 1 {
		t.Fatalf("got %+v", frames)
	}
	poll := func() (events []wire.Event) {
		body := `{"type":"connect","v":1,"resume":` + toJSON(t, wire.Resume{Epoch: w.Epoch, Positions: w.Positions}) + `}`
		frames := r.lines(t, wire.PathPoll, body, "Authorization", "Bearer bob")
		w = frames[0].(wire.Welcome)
		if !w.Recovered {
			t.Fatalf("not recovered: %+v", w)
		}
		for _, f := range frames[1:] {
			e := f.(wire.Event)
			w.Positions[e.Shard] = e.Pos
			events = append(events, e)
		}
		return events
	}
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		for i := range 20 {
			r.lines(t, wire.PathFrames, fmt.Sprintf(`{"type":"send","to":"bob","client_id":"c%d","content":{"text":"hi"}}`, i), "Authorization", "Bearer alice")
		}
	})
	var seen []uint64
	for len(seen) < 20 {
		for _, e := range poll() {
			if e.Kind == wire.KindMessage {
				seen = append(seen, e.Seq)
			}
		}
	}
	for i, seq := range seen {
		if seq != uint64(i+1) {
			t.Fatalf("saw seq %v", seen)
		}
	}
}

func TestPoll_waitsWhereNothingIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		start := time.Now()
		frames := r.lines(t, wire.PathPoll, `{"type":"connect","v":1,"token":"bob","resume":{"epoch":"fake","positions":[0]}}`)
		if took := time.Since(start); len(frames) != 1 || took != pollWait {
			t.Errorf("%+v after %v", frames, took)
		}
	})
}

func TestPoll_waitsNoLongerThanPreferred(t *testing.T) {
	for prefer, want := range map[string]time.Duration{
		"wait=0": 0, "respond-async, wait=3": 3 * time.Second, "wait=60": pollWait, "wait=-1": pollWait, "wait": pollWait,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Config{Log: &fakeLog{}})
			start := time.Now()
			body := `{"type":"connect","v":1,"token":"bob","resume":{"epoch":"fake","positions":[0]}}`
			frames := r.lines(t, wire.PathPoll, body, "Prefer", prefer)
			if took := time.Since(start); len(frames) != 1 || took != want {
				t.Errorf("%s: %+v after %v", prefer, frames, took)
			}
		})
	}
}

// sse is one server-sent event.
type sse struct{ id, data string }

// stream opens a stream of server-sent events.
func (r *rig) stream(tb testing.TB, body string, header ...string) (next func() sse, closeStream func()) {
	tb.Helper()
	resp := r.post(tb, wire.PathStream, body, header...)
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
		tb.Fatalf("%s, %s", resp.Status, kind)
	}
	lines := bufio.NewReader(resp.Body)
	return func() (e sse) {
		tb.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				tb.Fatalf("read: %v", err)
			}
			switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				return e
			default:
				tb.Fatalf("line %q", line)
			}
		}
	}, func() { _ = resp.Body.Close() }
}

// TestStream_resumesByLastEventID reads a few events, drops the connection, and reconnects as
// an EventSource does: with the same body and the last id it saw.
func TestStream_resumesByLastEventID(t *testing.T) {
	r := newRig(t, Config{})
	connect := `{"type":"connect","v":1,"token":"bob"}`
	next, hangUp := r.stream(t, connect)
	welcome := next()
	w := decode[wire.Welcome](t, []byte(welcome.data))
	if w.User != "bob" || welcome.id == "" {
		t.Fatalf("got %+v", welcome)
	}
	// From here on the body has a resume state too: that of the beginning. The state in the
	// header is newer.
	connect = `{"type":"connect","v":1,"token":"bob","resume":` + toJSON(t, wire.Resume{Epoch: w.Epoch, Positions: w.Positions}) + `}`
	last, want := welcome.id, uint64(1)
	var sent int
	for round := range 5 {
		for range 10 {
			sent++
			r.lines(t, wire.PathFrames, fmt.Sprintf(`{"type":"send","to":"bob","client_id":"c%d","content":{"text":"hi"}}`, sent), "Authorization", "Bearer alice")
		}
		for range 3 + 3*round { // never all of the events
			e := next()
			last = e.id
			if ev := decode[wire.Event](t, []byte(e.data)); ev.Kind == wire.KindMessage {
				if ev.Seq != want {
					t.Fatalf("seq %d, want %d", ev.Seq, want)
				}
				want++
			}
		}
		hangUp()
		next, hangUp = r.stream(t, connect, "Last-Event-ID", last)
		if w := decode[wire.Welcome](t, []byte(next().data)); !w.Recovered {
			t.Fatalf("not recovered: %+v", w)
		}
	}
	hangUp()
	eventually(t, func() bool { return r.Sessions() == 0 })
}

func TestStream_pingsAndExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		start := time.Now()
		next, _ := r.stream(t, `{"type":"connect","v":1,"token":"bob/1m"}`)
		next()
		for i := range 3 {
			if e := next(); e.data != string(pingFrame) || e.id != "" || time.Since(start) != time.Duration(i+1)*r.pingInterval() {
				t.Fatalf("%+v after %v", e, time.Since(start))
			}
		}
		if e := decode[*wire.Error](t, []byte(next().data)); e.Code != wire.CodeExpired || time.Since(start) != time.Minute+expiryGrace {
			t.Errorf("%+v after %v", e, time.Since(start))
		}
	})
}

func TestDrain_endsHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		next, _ := r.stream(t, `{"type":"connect","v":1,"token":"bob"}`)
		next()
		polled := make(chan []wire.Frame)
		go func() {
			polled <- r.lines(t, wire.PathPoll, `{"type":"connect","v":1,"token":"bob","resume":{"epoch":"fake","positions":[0]}}`)
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		drained := make(chan error, 1)
		go func() { drained <- r.Drain(ctx) }()
		if e := decode[*wire.Error](t, []byte(next().data)); e.Code != wire.CodeUnavailable {
			t.Errorf("got %+v", e)
		}
		<-polled
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

func TestCORS_configuredOriginsOnly(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}, Origins: []string{"https://chat.example.com"}})
	for origin, want := range map[string]string{
		"https://chat.example.com": "https://chat.example.com",
		"https://evil.example.com": "",
		"http://bridge":            "",
		"":                         "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, "http://bridge"+wire.PathFrames, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := r.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want || resp.Header.Get("Vary") != "Origin" {
			t.Errorf("%s: allowed %q", origin, got)
		}
	}
}

func TestState_roundTrip(t *testing.T) {
	for _, r := range []wire.Resume{
		{Epoch: "e", Positions: []uint64{0}},
		{Epoch: "a:b-c", Positions: []uint64{1, 1 << 63, 3}},
		{Epoch: "", Positions: []uint64{7, 7}},
	} {
		id := string(appendState(nil, r.Epoch, r.Positions))
		got, ok := parseState(id)
		if !ok || toJSON(t, got) != toJSON(t, r) {
			t.Errorf("%s: %+v, %v", id, got, ok)
		}
	}
}

func TestPlace_readsWhatWireWrites(t *testing.T) {
	frame := wire.AppendEvent(nil, 7, 1<<40, "alice~bob", []byte(`{"kind":"message","version":1,"id":"x","content":{"text":",\"shard\":9,\"pos\":9,"}}`))
	if shard, pos, ok := place(frame); !ok || shard != 7 || pos != 1<<40 {
		t.Errorf("%s: %d, %d, %v", frame, shard, pos, ok)
	}
	if _, _, ok := place([]byte(`{"type":"page"}`)); ok {
		t.Error("a page has a place")
	}
}
