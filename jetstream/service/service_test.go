package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"golang.org/x/sync/semaphore"

	"natterjack/server/wire"
)

const hello = `{"to":"bob","client_id":"c","content":{"text":"hello"}}`

// TestStop_LosesNothing shows that requests taken before the stop are answered after it,
// including queued ones, and that none is taken later.
func TestStop_LosesNothing(t *testing.T) {
	node, conn := start(t)
	release := make(chan struct{})
	taken := make(chan struct{}, 1)
	var held sync.WaitGroup
	s := over(t, node, &fake{
		submit: func(_ string, cmd wire.Change, done func(wire.Ack, error)) {
			select {
			case taken <- struct{}{}:
			default:
			}
			held.Go(func() {
				<-release
				done(wire.Ack{ClientID: cmd.Key()}, nil)
			})
		},
		read: func(context.Context) error { <-release; return nil },
	})
	stop := run(t, conn, s)
	answers, err := conn.SubscribeSync("_INBOX.answers")
	if err != nil {
		t.Fatal(err)
	}
	const each = 100
	for range each {
		for _, subject := range []string{"api.alice.send", "api.alice.list_channels"} {
			if err := conn.PublishRequest(subject, "_INBOX.answers", bodyOf(subject)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := conn.Flush(); err != nil { // they have reached the server, and so the service's queues
		t.Fatal(err)
	}
	<-taken
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	await(t, "the subscriptions to end", func() bool {
		_, err := conn.Request("$SRV.PING", nil, patience)
		return errors.Is(err, nats.ErrNoResponders)
	})
	select {
	case err := <-stopped:
		t.Errorf("Run returned with requests in flight: %v", err)
	default:
	}
	close(release)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	for i := range 2 * each {
		msg, err := answers.NextMsg(patience)
		if err != nil {
			t.Fatalf("answer %d of %d: %v", i+1, 2*each, err)
		}
		if msg.Header.Get(micro.ErrorCodeHeader) != "" {
			t.Errorf("answered %s", msg.Data)
		}
	}
	if _, err := conn.Request("api.alice.send", []byte(hello), patience); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("after the stop: %v", err)
	}
	held.Wait()
}

func bodyOf(subject string) []byte {
	if strings.HasSuffix(subject, ".send") {
		return []byte(hello)
	}
	return nil
}

// TestStop_OthersTakeOver shows that while one of two instances stops, each request is answered
// by one of them, and none by an error.
func TestStop_OthersTakeOver(t *testing.T) {
	node, conn := start(t)
	log := &fake{submit: func(_ string, cmd wire.Change, done func(wire.Ack, error)) {
		done(wire.Ack{ClientID: cmd.Key()}, nil)
	}}
	goes, stays := over(t, node, log), over(t, node, log)
	stop := run(t, conn, goes)
	run(t, conn, stays)
	var asking sync.WaitGroup
	half, stopped := make(chan struct{}), make(chan struct{})
	const requests = 400
	asking.Go(func() {
		for i := range requests {
			switch i {
			case requests / 4:
				close(half)
			case requests / 2:
				// The second half begins after the stop. The first one goes on through it.
				<-stopped
			}
			ask[wire.Ack](t, conn, "api.alice.send", hello, nil)
		}
	})
	<-half
	if err := stop(); err != nil {
		t.Error(err)
	}
	close(stopped)
	asking.Wait()
	before := goes.endpoints[0].stats().NumRequests
	await(t, "the last answer to be counted", func() bool { return before+stays.endpoints[0].stats().NumRequests == requests })
	if before == 0 || before > requests/2 {
		t.Errorf("%d of %d were answered by the one that stopped", before, requests)
	}
}

func TestStop_ConnectionGone(t *testing.T) {
	node, conn := start(t)
	stop := run(t, conn, over(t, node, &fake{}))
	node.Conn.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestRun_ConnectionGone(t *testing.T) {
	node, _ := start(t)
	node.Conn.Close()
	if err := over(t, node, &fake{}).Run(t.Context()); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("got %v", err)
	}
}

// TestBusy shows that requests beyond the limit are refused at once, and that room comes back.
func TestBusy(t *testing.T) {
	node, conn := start(t)
	done := make(chan func(wire.Ack, error), 4)
	reading, release := make(chan struct{}, 4), make(chan struct{})
	s := over(t, node, &fake{
		submit: func(_ string, _ wire.Change, d func(wire.Ack, error)) { done <- d },
		read:   func(context.Context) error { reading <- struct{}{}; <-release; return nil },
	})
	for _, e := range s.endpoints {
		e.max = 2
	}
	run(t, conn, s)
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() { ask[wire.Ack](t, conn, "api.alice.send", hello, nil) })
		asking.Go(func() { ask[wire.Channels](t, conn, "api.alice.list_channels", "", nil) })
	}
	first, second := <-done, <-done
	<-reading
	<-reading
	for _, subject := range []string{"api.alice.send", "api.alice.list_channels"} {
		e := wantError(t, conn, subject, string(bodyOf(subject)), wire.CodeTooFast)
		if !e.Retryable || e.RetryAfter == 0 {
			t.Errorf("%s: %+v", subject, e)
		}
	}
	first(wire.Ack{}, nil)
	second(wire.Ack{}, nil)
	close(release)
	asking.Wait()
	asking.Go(func() { ask[wire.Ack](t, conn, "api.alice.send", hello, nil) })
	(<-done)(wire.Ack{}, nil)
	asking.Wait()
	ask[wire.Channels](t, conn, "api.alice.list_channels", "", nil)
}

// TestFaults shows that the log's own errors reach the requester unchanged, and that all other
// errors stay in the server's log.
func TestFaults(t *testing.T) {
	node, conn := start(t)
	var logged bytes.Buffer
	failure := make(chan error, 1)
	s := over(t, node, &fake{
		submit: func(_ string, _ wire.Change, done func(wire.Ack, error)) { done(wire.Ack{}, <-failure) },
		read:   func(context.Context) error { return <-failure },
	})
	s.log = testLogger(t, &logged)
	stop := run(t, conn, s)
	for _, subject := range []string{"api.alice.send", "api.alice.list_channels", "api.alice.history", "api.alice.create_group"} {
		body := map[string]string{
			"api.alice.send": hello, "api.alice.history": `{"channel":"alice~bob"}`, "api.alice.create_group": `{"name":"n"}`,
		}[subject]
		for _, code := range []wire.Code{wire.CodeUnavailable, wire.CodeTimeout, wire.CodeStorageFull} {
			failure <- fmt.Errorf("round: %w", wire.Errorf(code, "the text for %s", code))
			if e := wantError(t, conn, subject, body, code); !e.Retryable || e.Message != "the text for "+string(code) {
				t.Errorf("%s: %+v", subject, e)
			}
		}
		failure <- errors.New("pebble: secret path")
		if e := wantError(t, conn, subject, body, wire.CodeInternal); strings.Contains(e.Message, "pebble") {
			t.Errorf("%s told %q", subject, e.Message)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(logged.String(), "pebble: secret path"); n != 4 {
		t.Errorf("logged %d of 4 internal errors:\n%s", n, logged.String())
	}
}

// TestReplies_fit asks for replies that are larger than a NATS message. One that has parts comes
// with as many as fit, and says that there are more. Any other is refused with a text that says
// what to do; the requester does not wait in vain.
func TestReplies_fit(t *testing.T) {
	node, conn := start(t)
	limit := int(conn.MaxPayload())
	large := &fake{read: func(context.Context) error { return nil }}
	for i := range 2000 {
		large.settings = append(large.settings, wire.Setting{Name: fmt.Sprintf("client/%04d", i), Value: strings.Repeat("x", 1000)})
		large.channel.Channel.Members = append(large.channel.Channel.Members, strings.Repeat("u", limit/1000))
	}
	run(t, conn, over(t, node, large))
	some := ask[wire.Settings](t, conn, "api.alice.get_settings", "", nil)
	if n := len(some.Settings); !some.More || n < limit/1100 || n >= 2000 {
		t.Errorf("%d settings, more %v", n, some.More)
	}
	e := wantError(t, conn, "api.alice.create_group", `{"client_id":"c","name":"n","ref":7}`, wire.CodeTooLarge)
	if !strings.Contains(e.Message, "max_payload") || e.Ref.Ref != 7 {
		t.Errorf("got %+v", e)
	}
}

// TestReads_AreBounded shows that a read that hangs ends with its context.
func TestReads_AreBounded(t *testing.T) {
	node, conn := start(t)
	deadline := make(chan bool, 1)
	s := over(t, node, &fake{read: func(ctx context.Context) error {
		_, ok := ctx.Deadline()
		deadline <- ok
		return nil
	}})
	run(t, conn, s)
	ask[wire.Channels](t, conn, "api.alice.list_channels", "", nil)
	if !<-deadline {
		t.Error("it could hang for ever")
	}
}

// operations are all operations that a back end can ask for.
var operations = strings.Fields(`send forward edit delete react get_reactions pin get_pins
	create_group update_channel delete_channel add_members remove_member unban set_role leave create_invite revoke_invite join
	history get_versions list_media list_channels get_channel set get_settings
	set_profile get_profiles read received get_receipts
	subscribe_push unsubscribe_push`)

// endpointOf returns the statistics of an operation.
func endpointOf(s micro.Stats, operation string) *micro.EndpointStats {
	return s.Endpoints[slices.IndexFunc(s.Endpoints, func(e *micro.EndpointStats) bool { return e.Name == operation })]
}

// TestMonitoring speaks NATS's service protocol as `nats micro` does.
func TestMonitoring(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	wantID := micro.ServiceIdentity{Name: "natterjack", ID: w.id, Version: "1.2.3", Metadata: map[string]string{"node": "n1", "protocol": "1"}}
	for _, whose := range []string{"", ".natterjack", ".natterjack." + w.id} {
		var ping micro.Ping
		monitor(t, c.Conn, "$SRV.PING"+whose, &ping)
		if diff := cmp.Diff(micro.Ping{ServiceIdentity: wantID, Type: micro.PingResponseType}, ping); diff != "" {
			t.Errorf("PING%s (-want +got):\n%s", whose, diff)
		}
		var info micro.Info
		monitor(t, c.Conn, "$SRV.INFO"+whose, &info)
		var subjects []string
		for _, e := range info.Endpoints {
			subjects = append(subjects, e.Name+" "+e.Subject+" "+e.QueueGroup)
		}
		var want []string
		for _, name := range operations {
			want = append(want, name+" api.*."+name+" q")
		}
		if diff := cmp.Diff(want, subjects); diff != "" || info.Type != micro.InfoResponseType {
			t.Errorf("INFO%s of type %s (-want +got):\n%s", whose, info.Type, diff)
		}
		var stats micro.Stats
		monitor(t, c.Conn, "$SRV.STATS"+whose, &stats)
		if len(stats.Endpoints) != len(operations) || stats.Type != micro.StatsResponseType || stats.Started.IsZero() {
			t.Errorf("STATS%s: %+v", whose, stats)
		}
	}
}

// TestStats_CountWhatIsAnsweredLater shows that an error counts that the log returns after the
// handler has returned.
func TestStats_CountWhatIsAnsweredLater(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	ask[wire.Ack](t, c.Conn, "api.alice.send", hello, nil)
	_ = wantError(t, c.Conn, "api.eve.send", `{"channel":"alice~bob","content":{"text":"x"}}`, wire.CodeForbidden)
	_ = wantError(t, c.Conn, "api.eve.history", `{"channel":"alice~bob"}`, wire.CodeForbidden)
	await(t, "the answers to be counted", func() bool {
		stats := statsOf(t, c.Conn, w.id)
		return endpointOf(stats, "send").NumRequests == 2 && endpointOf(stats, "history").NumRequests == 1
	})
	stats := statsOf(t, c.Conn, w.id)
	send := endpointOf(stats, "send")
	if send.NumErrors != 1 || !strings.HasPrefix(send.LastError, "forbidden: ") || send.ProcessingTime <= 0 || send.AverageProcessingTime != send.ProcessingTime/2 {
		t.Errorf("send: %+v", send)
	}
	if history := endpointOf(stats, "history"); history.NumErrors != 1 || history.ProcessingTime <= 0 {
		t.Errorf("history: %+v", history)
	}
}

func statsOf(t *testing.T, conn *nats.Conn, id string) micro.Stats {
	t.Helper()
	var stats micro.Stats
	monitor(t, conn, "$SRV.STATS.natterjack."+id, &stats)
	return stats
}

func monitor(t *testing.T, conn *nats.Conn, subject string, into any) {
	t.Helper()
	msg, err := conn.Request(subject, nil, patience)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	if err := json.Unmarshal(msg.Data, into); err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
}

// FuzzReceive shows that any request is finished once, with an answer that fits.
func FuzzReceive(f *testing.F) {
	node, _ := start(f)
	s := over(f, node, &fake{
		submit: func(_ string, _ wire.Change, done func(wire.Ack, error)) { done(wire.Ack{}, nil) },
		read:   func(context.Context) error { return nil },
	})
	f.Add(0, "alice", []byte(hello), "c")
	f.Add(1, "alice", []byte(`{"name":"n"}`), "")
	f.Add(2, "al ice", []byte(`{"channel":"alice~bob"}`), "\n")
	f.Add(3, "", []byte(``), "")
	f.Fuzz(func(t *testing.T, operation int, user string, body []byte, id string) {
		e := s.endpoints[uint(operation)%uint(len(s.endpoints))]
		before := e.stats().NumRequests
		s.receive(e, &nats.Msg{Subject: subjectOf(user, e.name), Data: body, Header: nats.Header{nats.MsgIdHdr: {id}}})
		s.requests.Wait()
		if after := e.stats().NumRequests; after != before+1 || e.inFlight != 0 {
			t.Fatalf("finished %d times, %d in flight", after-before, e.inFlight)
		}
	})
}

func BenchmarkSend(b *testing.B) {
	node, conn := start(b)
	s := over(b, node, &fake{submit: func(_ string, _ wire.Change, done func(wire.Ack, error)) { done(wire.Ack{}, nil) }})
	run(b, conn, s)
	for b.Loop() {
		if _, err := conn.Request("api.alice.send", []byte(hello), 5*time.Second); err != nil {
			b.Fatal(err)
		}
	}
}

// TestReplies_bounded asks for more replies at once than may be held in memory. The others wait
// until one has been sent.
func TestReplies_bounded(t *testing.T) {
	node, conn := start(t)
	var running, most atomic.Int32
	reading, release := make(chan struct{}), make(chan struct{})
	s := over(t, node, &fake{read: func(context.Context) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		reading <- struct{}{}
		<-release
		running.Add(-1)
		return nil
	}})
	s.replies = semaphore.NewWeighted(2 * int64(wire.OperationOf(wire.ListChannels{}).Weight()))
	run(t, conn, s)
	const asked = 6
	var asking sync.WaitGroup
	for range asked {
		asking.Go(func() { ask[wire.Channels](t, conn, "api.alice.list_channels", "", nil) })
	}
	await(t, "all requests", func() bool {
		for _, e := range s.endpoints {
			e.mu.Lock()
			n := e.inFlight
			e.mu.Unlock()
			if n == asked {
				return true
			}
		}
		return false
	})
	for range asked {
		<-reading
		release <- struct{}{}
	}
	asking.Wait()
	if most.Load() > 2 {
		t.Errorf("%d replies were held at once, and there is room for 2", most.Load())
	}
}
