package search

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"natterjack/search/text"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashes); dir != "" {
		indexForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

const patience = 30 * time.Second

func await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			tb.Fatalf("gave up waiting for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// fake is a log of one shard whose view has everything, with one channel of members each.
type fake struct {
	mu       sync.Mutex // protects following
	messages map[place]*wire.Record
	events   []wire.Event
	channels map[string]wire.ChannelInfo
	unread   map[place]bool
	mentions map[place]bool
	names    map[string]string
	links    map[string]bool // texts that have a link, besides those with https://
	spent    map[string]int
	now      func() time.Time
	file     func(ctx context.Context, media string, size int64, most int) ([]byte, error)
	storage  func() error
	held     bool   // feeds bring nothing
	busy     bool   // something happens all the time
	stride   uint64 // and so much, each time that somebody looks
	moved    uint64
	seen     chan struct{} // closed once the view has what clients have seen; nil if it has
	most     int           // feeds bring so many events at once; all if 0
	fails    error
}

func newFake() *fake {
	return &fake{
		messages: map[place]*wire.Record{}, channels: map[string]wire.ChannelInfo{}, unread: map[place]bool{}, mentions: map[place]bool{}, spent: map[string]int{},
	}
}

// channel makes a channel, or changes its members.
func (f *fake) channel(channel, name string, members ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(members)
	kind := wire.Group
	if strings.Contains(channel, "~") {
		kind = wire.Direct
	}
	f.channels[channel] = wire.ChannelInfo{ID: channel, Kind: kind, Name: name, Members: members}
}

// put stores a message as it is now, with an event of a kind about it.
func (f *fake) put(kind wire.Kind, channel string, seq uint64, sender, text string, and ...func(*wire.Record)) {
	m := &wire.Record{
		Kind: wire.KindMessage, ID: fmt.Sprint(channel, seq), Sender: sender, Seq: seq, Timestamp: 1_764_000_000_000 + int64(seq)*1000, Content: &wire.Content{Text: text},
	}
	for _, change := range and {
		change(m)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages[place{channel, seq}] = m
	e := wire.Event{Channel: channel, Pos: uint64(len(f.events) + 1), Record: wire.Record{Kind: kind, Seq: seq}}
	if kind != wire.KindMessage {
		e.Seq, e.Target = 0, seq
	}
	f.events = append(f.events, e)
}

func (f *fake) remove(channel string, seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.messages, place{channel, seq})
	f.events = append(f.events, wire.Event{Channel: channel, Pos: uint64(len(f.events) + 1), Record: wire.Record{Kind: wire.KindDelete, Target: seq}})
}

// Message implements [Log].
func (f *fake) Message(channel string, seq uint64) (*wire.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.messages[place{channel, seq}], f.fails
}

// MessageOf implements [Log].
func (f *fake) MessageOf(e *wire.Event) (*wire.Record, error) { return f.Message(e.Channel, e.Seq) }

// Referenced implements [Log].
func (f *fake) Referenced(media string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.messages {
		if slices.ContainsFunc(m.Content.Attachments, func(a wire.Attachment) bool { return a.ID == media }) {
			return true, nil
		}
	}
	return false, nil
}

// AwaitLevel implements [Log].
func (f *fake) AwaitLevel(context.Context) error { return nil }

// HasLink implements [Log].
func (f *fake) HasLink(text string) bool { return f.links[text] || strings.Contains(text, "https://") }

// Spend implements [Log].
func (f *fake) Spend(user string, work int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spent[user] += work
	if f.spent[user] < 0 {
		return wire.Errorf(wire.CodeTooFast, "as the test wants it")
	}
	return nil
}

// AwaitShown implements [Log].
func (f *fake) AwaitShown(ctx context.Context) error {
	if f.seen == nil {
		return nil
	}
	select {
	case <-f.seen:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Scope implements [Log].
func (f *fake) Scope(_ context.Context, user string) (Scope, error) { return fakeScope{f, user}, nil }

type fakeScope struct {
	*fake
	user string
}

// Channels implements [Scope].
func (s fakeScope) Channels() (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.channels {
		if slices.Contains(s.channels[id].Members, s.user) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Channel implements [Scope].
func (s fakeScope) Channel(channel string) (wire.ChannelInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if !slices.Contains(c.Members, s.user) {
		return c, wire.Errorf(wire.CodeForbidden, "no")
	}
	return c, nil
}

// Name implements [Scope].
func (s fakeScope) Name(user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[user], nil
}

// Message implements [Scope].
func (s fakeScope) Message(channel string, seq uint64) (*wire.Record, error) {
	if _, err := s.Channel(channel); err != nil {
		return nil, nil //nolint:nilerr // not to be seen
	}
	return s.fake.Message(channel, seq)
}

// Unread implements [Scope].
func (s fakeScope) Unread(channel string, seq uint64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unread[place{channel, seq}], nil
}

// Mentioned implements [Scope].
func (s fakeScope) Mentioned(channel string, seq uint64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mentions[place{channel, seq}], nil
}

// Close implements [Scope].
func (s fakeScope) Close() error { return nil }

// Feed implements [Log].
func (f *fake) Feed(to Sink, _ func(time.Duration)) Feed { return &fakeFeed{log: f, to: to} }

// Progress implements [Log].
func (f *fake) Progress() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy {
		f.moved += max(f.stride, 1)
	}
	return f.moved
}

type fakeFeed struct {
	log *fake
	to  Sink

	mu   sync.Mutex // protects following
	done uint64
}

// Run implements [Feed].
func (f *fakeFeed) Run(ctx context.Context) error {
	upto, err := f.to.Position(0)
	at := upto.Pos
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		f.log.mu.Lock()
		events := slices.Clone(f.log.events[min(int(at), len(f.log.events)):])
		held := f.log.held
		if most := f.log.most; most > 0 {
			events = events[:min(len(events), most)]
		}
		f.log.mu.Unlock()
		if len(events) > 0 && !held && f.to.Apply(ctx, events, map[int]Upto{0: {Pos: events[len(events)-1].Pos, Stored: 1}}) == nil {
			at = events[len(events)-1].Pos
		}
		f.mu.Lock()
		f.done = at
		f.mu.Unlock()
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// Progress implements [Feed].
func (f *fakeFeed) Progress() (done, of uint64, level bool) {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	of = uint64(len(f.log.events))
	return f.done, of, f.done >= of && !f.log.held
}

// node is a search that runs.
type node struct {
	*Search
	tb   testing.TB
	stop func()
}

// run runs a search until the test ends or stop is called.
func run(tb testing.TB, f *fake, dir, epoch string) *node {
	tb.Helper()
	s := New(Config{Dir: dir, Epoch: epoch, Key: []byte(epoch), Log: f, Logger: slog.New(slog.NewTextHandler(tb.Output(), nil)), now: f.now, File: f.file, Storage: f.storage})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			tb.Errorf("run: %v", err)
		}
	})
	n := &node{Search: s, tb: tb, stop: sync.OnceFunc(func() { cancel(); running.Wait() })}
	tb.Cleanup(n.stop)
	return n
}

// level waits until the index has everything that the log has.
func (n *node) level() {
	n.tb.Helper()
	await(n.tb, "the index", func() bool {
		use, next := n.editions()
		if use == nil || next != nil {
			return false
		}
		_, _, level := use.feed.Progress()
		return level && use.whole.Load()
	})
}

func (n *node) ask(user, query string, and ...func(*wire.Search)) wire.Found {
	n.tb.Helper()
	cmd := wire.Search{Query: query}
	for _, change := range and {
		change(&cmd)
	}
	found, err := n.Search.Search(n.tb.Context(), Caller{User: user}, cmd)
	if err != nil {
		n.tb.Fatalf("%s: %s: %v", user, query, err)
	}
	return found
}

// seqs returns the messages that a query finds, as channel and seq.
func (n *node) seqs(user, query string, and ...func(*wire.Search)) string {
	n.tb.Helper()
	var all []string
	for _, h := range n.ask(user, query, and...).Hits {
		all = append(all, fmt.Sprint(h.Channel, "/", h.Seq))
	}
	return strings.Join(all, " ")
}

func spansAt(from, to int) [][]text.Span { return [][]text.Span{nil, {{From: from, To: to}}} }
