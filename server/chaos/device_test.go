package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/chaos/internal/check"
	"natterjack/server/wire"
)

// device is one client of a user, and everything it was shown.
type device struct {
	name, user string
	token      string
	transport  natter.Transport
	pinned     bool // to one node, and therefore late while that node is down
	client     *natter.Client

	mu   sync.Mutex // protects following
	seen []sighting
	many map[string]int // number of events seen, by channel
	lost []error        // errors of lost connections
	news []error
}

// sighting is an event and the time when it was shown.
type sighting struct {
	at    time.Time
	event check.Event
}

// newDevice makes a client of a user of a cluster. The options say where and how it connects.
func newDevice(tb testing.TB, c *cluster, name, user string, options natter.Options) *device {
	tb.Helper()
	d := &device{name: name, user: user, transport: options.Transport, pinned: len(options.URLs) == 1, many: map[string]int{}}
	var err error
	if d.token, err = c.signIn(tb.Context(), user, options.URLs[0]); err != nil {
		tb.Fatalf("sign %s in: %v", user, err)
	}
	options.Tokens = natter.StaticToken(d.token)
	if d.client, err = natter.New(options); err != nil {
		tb.Fatal(err)
	}
	return d
}

// signIn gets a token once. The token is valid on every node, even if the node that issued it
// is down.
func (c *cluster) signIn(ctx context.Context, user, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return natter.SignIn{User: user, URLs: []string{url}, Data: c.nodes[0].SignIn()}.Token(ctx)
}

// watch records the events that the device gets until the client is closed.
func (d *device) watch(ctx context.Context) {
	for ev, err := range d.client.Events(ctx) {
		if errors.Is(err, natter.ErrFatal) {
			if !errors.Is(err, natter.ErrClosed) && ctx.Err() == nil {
				d.note(err)
			}
			return
		}
		d.see(ev, err)
	}
}

func (d *device) see(ev natter.Event, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gone, ok := errors.AsType[*natter.DisconnectedError](err); ok {
		d.lost = append(d.lost, gone)
		return
	}
	if err != nil {
		d.news = append(d.news, err)
		return
	}
	d.seen = append(d.seen, sighting{time.Now(), eventOf(&ev)})
	d.many[ev.Channel]++
}

func (d *device) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.news = append(d.news, err)
}

// feed returns the events that the device has got so far.
func (d *device) feed() check.Feed {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := check.Feed{Device: d.name, User: d.user}
	for _, s := range d.seen {
		f.Events = append(f.Events, s.event)
	}
	return f
}

// told returns what else the device was told: bad news, and lost connections.
func (d *device) told() (news, lost []error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.news), slices.Clone(d.lost)
}

// saw returns how many events of a channel the device was shown so far.
func (d *device) saw(channel string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.many[channel]
}

// sightings returns the sightings since a time.
func (d *device) sightings(from time.Time) (since []sighting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.seen {
		if s.at.After(from) {
			since = append(since, s)
		}
	}
	return since
}

func eventOf(ev *wire.Event) check.Event {
	e := check.Event{
		Channel: ev.Channel, Shard: ev.Shard, Pos: ev.Pos, Seq: ev.Seq, ID: ev.ID,
		ClientID: ev.ClientID, Sender: ev.Sender, Timestamp: ev.Timestamp,
	}
	if ev.Content != nil {
		e.Text = ev.Content.Text
	}
	return e
}

func ackOf(a *wire.Ack) *check.Ack {
	return &check.Ack{
		ID: a.ID, ClientID: a.ClientID, Channel: a.Channel, Seq: a.Seq, Pos: a.Pos, Shard: a.Shard, Timestamp: a.Timestamp,
	}
}

// ask sends one command to one node by POST and returns the reply. Unlike a client, it does not
// retry.
func ask(ctx context.Context, url, token string, command wire.Command) (wire.Frame, error) {
	body, err := wire.Append(nil, command)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+wire.PathFrames, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer json.RawMessage // one line
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s: %w", resp.Status, err)
	}
	f, err := wire.DecodeFrame(answer)
	if f == nil && err == nil {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return f, err
}
