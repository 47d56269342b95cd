package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	gomail "github.com/wneessen/go-mail"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/digests"
	"natterjack/jetstream/queue"
	"natterjack/server/internal/push/mail/letter"
	"natterjack/server/internal/push/mail/mailtest"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// hour is the hour of the tests. A queue asks for jobs every other second, so that a day of real
// hours takes a minute.
const hour = time.Minute

// world stands in for the view: the tests decide the settings of users, and the messages that they
// have read. It is the same for all nodes.
type world struct {
	t      *testing.T
	engine *embedtest.Node
	server *mailtest.Server

	mu      sync.Mutex // protects following
	readers map[string]Reader
	read    map[string]map[wire.ChannelSeq]bool // by user
	quiet   time.Time                           // until when nobody wants to hear anything
	noted   []string                            // by user, result and reason
	log     bytes.Buffer
}

// Write implements [io.Writer].
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// Reader implements [Facts].
func (w *world) Reader(_ context.Context, user string) (Reader, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.readers[user], nil
}

// Look implements [Facts].
func (w *world) Look(_ context.Context, user string, missed []wire.ChannelSeq) (found Found, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range missed {
		if w.read[user][m] {
			continue
		}
		if time.Now().Before(w.quiet) {
			return Found{Until: w.quiet}, nil
		}
		content := &wire.Content{Text: fmt.Sprint("text ", m.Seq)}
		found.Missed = append(found.Missed, letter.Missed{Channel: m.Channel, Seq: m.Seq, At: time.Now(), Message: wording.Message{Sender: "Mio", Content: content}})
	}
	return found, nil
}

func (w *world) note(user string, o post.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted = append(w.noted, fmt.Sprintf("%s %s %s", user, o.Result, o.Reason))
}

// notes returns the entries of the push logs.
func (w *world) notes() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.noted, "; ")
}

// reads has a user read a message.
func (w *world) reads(user, channel string, seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read[user] == nil {
		w.read[user] = map[wire.ChannelSeq]bool{}
	}
	w.read[user][wire.ChannelSeq{Channel: channel, Seq: seq}] = true
}

// inWorld runs a test in a bubble with an engine. The mail server is outside of it, because sockets
// have no part in the time of a bubble.
func inWorld(t *testing.T, how mailtest.How, test func(w *world)) {
	t.Helper()
	server := mailtest.Start(t, how)
	embedtest.EmptyPools()
	defer embedtest.EmptyPools()
	synctest.Test(t, func(t *testing.T) {
		test(newWorld(t, server))
	})
}

func newWorld(t *testing.T, server *mailtest.Server) *world {
	t.Helper()
	w := &world{
		t: t, engine: embedtest.Start(t, embedtest.NoSync), server: server,
		readers: map[string]Reader{}, read: map[string]map[wire.ChannelSeq]bool{},
	}
	for _, user := range []string{"ada", "bob"} {
		w.readers[user] = Reader{On: true, Privacy: wording.Full}
	}
	return w
}

// peer is a node: a log and its digests.
type peer struct {
	*Digests

	world *world
	stop  func()
}

// start starts a node. Sender is nil for one that sends to the mail server.
func (w *world) start(sender Sender) *peer {
	w.t.Helper()
	logger := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if sender == nil {
		var err error
		if sender, err = post.New(post.Config{Host: w.server.Host, Port: w.server.Port, Security: post.StartTLS, CA: w.server.CA}); err != nil {
			w.t.Fatal(err)
		}
	}
	d, err := New(Config{
		Log: &log{w.engine, logger}, Facts: w, Sender: sender, From: &netmail.Address{Name: "Natterjack", Address: "chat@example.com"}, Home: "https://chat.example.com",
		Every: 4 * hour, After: hour, giveUp: 24 * hour, refusedFor: 24 * hour, firstPause: hour / 30, mostPause: hour,
		Noted: w.note, Logger: logger,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p := &peer{Digests: d, world: w}
	p.stop = sync.OnceFunc(w.begin(d.Run))
	d.Await(w.t.Context(), time.Minute)
	for _, user := range []string{"ada", "bob"} {
		if err := p.Learn(w.t.Context(), user, user+"@example.org", ""); err != nil {
			w.t.Fatal(err)
		}
	}
	return p
}

// log is the part of a log that digests need. It has no channels, and so costs little.
type log struct {
	*embedtest.Node

	logger *slog.Logger
}

// Derive implements [Log].
func (l *log) Derive(label string) []byte {
	key := sha256.Sum256([]byte(label))
	return key[:]
}

// open makes a stream unless it exists.
func (l *log) open(ctx context.Context, cfg jetstream.StreamConfig) error {
	js, err := jetstream.New(l.Conn)
	if err != nil {
		return err
	}
	_, err = js.CreateOrUpdateStream(ctx, cfg)
	return err
}

// Queue implements [Log].
func (l *log) Queue(cfg queue.Config) *queue.Queue {
	js, err := jetstream.New(l.Conn)
	if err != nil {
		panic(err) // only of options
	}
	return queue.New(&queue.Log{Conn: l.Conn, JS: js, Open: l.open, Keep: func(context.Context, jetstream.StreamConfig) {}, Copies: 1, Logger: l.logger}, cfg)
}

// Digests implements [Log].
func (l *log) Digests() *digests.Store {
	return digests.New(&digests.Log{Conn: l.Conn, Open: l.open, Keep: func(context.Context, jetstream.StreamConfig) {}, Copies: 1})
}

// begin runs something until the function that it returns is called.
func (w *world) begin(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	})
	return func() { cancel(); running.Wait() }
}

// miss has users miss a message.
func (p *peer) miss(channel string, seq uint64, users ...string) {
	p.world.t.Helper()
	if err := p.Missed(p.world.t.Context(), wire.ChannelSeq{Channel: channel, Seq: seq}, users); err != nil {
		p.world.t.Error(err)
	}
}

// got is a mail as its recipient has it.
type got struct {
	to, id, subject string
	seqs            []int
	header          netmail.Header
}

// mails returns what the server has taken, by recipient.
func (w *world) mails() map[string][]got {
	w.t.Helper()
	all := map[string][]got{}
	for _, m := range w.server.Mails() {
		g := read(w.t, m)
		all[g.to] = append(all[g.to], g)
	}
	return all
}

func read(t *testing.T, m mailtest.Received) (g got) {
	t.Helper()
	parsed, err := netmail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	g.to, g.header, g.id = m.To[0], parsed.Header, parsed.Header.Get("Message-Id")
	if g.subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	for n := range 200 {
		if bytes.Contains(m.Data, fmt.Appendf(nil, "\r\n> text %d\r\n", n)) {
			g.seqs = append(g.seqs, n)
		}
	}
	slices.Sort(g.seqs)
	return g
}

// expect compares what a user has got with what they should have: the messages of each mail.
func (w *world) expect(what, user string, want ...[]int) {
	w.t.Helper()
	var have [][]int
	for _, g := range w.mails()[user+"@example.org"] {
		have = append(have, g.seqs)
	}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		w.t.Errorf("%s: %s has got %v, want %v", what, user, have, want)
	}
}

// senderFunc is a function that sends.
type senderFunc func(ctx context.Context, m *gomail.Msg) post.Outcome

// Send implements [Sender].
func (f senderFunc) Send(ctx context.Context, m *gomail.Msg) post.Outcome { return f(ctx, m) }
