package conversation

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// driver is the program that drives the TypeScript SDK, from this directory.
const driver = "../../ts/test/driver.mjs"

// typeScript is the TypeScript SDK, in a process of Node.js that has all of its clients.
type typeScript struct {
	process *exec.Cmd
	reading sync.WaitGroup

	mu      sync.Mutex // guards the fields below, and writes to the process
	to      io.WriteCloser
	calls   uint64
	waiting map[uint64]chan answer
	clients map[int]*tsClient
	opened  int
}

// answer is a line of the process: the outcome of a call, or something that a client yields.
type answer struct {
	ID      uint64          `json:"id"`
	Reply   json.RawMessage `json:"reply"`
	Refused *struct {
		Code      wire.Code `json:"code"`
		Message   string    `json:"message"`
		Retryable bool      `json:"retryable"`
	} `json:"refused"`
	Failed string `json:"failed"`

	Client int             `json:"client"`
	Item   json.RawMessage `json:"item"`
	End    bool            `json:"end"`
}

// startTypeScript starts a process that ends with the test.
func startTypeScript(t *testing.T) *typeScript {
	t.Helper()
	ts := &typeScript{waiting: map[uint64]chan answer{}, clients: map[int]*tsClient{}}
	ts.process = exec.CommandContext(context.WithoutCancel(t.Context()), "node", driver)
	ts.process.Stderr = os.Stderr
	from, err := ts.process.StdoutPipe()
	if err == nil {
		ts.to, err = ts.process.StdinPipe()
	}
	if err == nil {
		err = ts.process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ts.reading.Go(func() { ts.listen(from) })
	t.Cleanup(func() {
		_ = ts.to.Close() // at the end of its input it ends
		ts.reading.Wait()
		if err := ts.process.Wait(); err != nil {
			t.Errorf("the TypeScript driver: %v", err)
		}
	})
	return ts
}

func (ts *typeScript) listen(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 32<<20)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			a.Failed = "what the driver says cannot be read: " + err.Error()
		}
		ts.heard(a)
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for id, waits := range ts.waiting {
		waits <- answer{Failed: errTypeScript.Error()}
		delete(ts.waiting, id)
	}
	for _, c := range ts.clients {
		c.yield(answer{End: true})
	}
}

func (ts *typeScript) heard(a answer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if c := ts.clients[a.Client]; c != nil {
		c.yield(a)
		return
	}
	if waits := ts.waiting[a.ID]; waits != nil {
		waits <- a
		delete(ts.waiting, a.ID)
	}
}

// call makes a call and waits for its answer.
func (ts *typeScript) call(ctx context.Context, name string, c *tsClient, members map[string]any) (json.RawMessage, error) {
	waits := make(chan answer, 1)
	ts.mu.Lock()
	ts.calls++
	id := ts.calls
	ts.waiting[id] = waits
	line := map[string]any{"id": id, "call": name, "client": c.number}
	maps.Copy(line, members)
	err := json.NewEncoder(ts.to).Encode(line)
	ts.mu.Unlock()
	if err != nil {
		return nil, errors.Join(errTypeScript, err)
	}
	select {
	case a := <-waits:
		switch {
		case a.Refused != nil:
			return nil, &wire.Error{Code: a.Refused.Code, Message: a.Refused.Message, Retryable: a.Refused.Retryable}
		case a.Failed != "":
			return nil, errors.New(a.Failed)
		}
		return a.Reply, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// open makes a client. Half of the clients use WebSocket, and half of them server-sent events.
func (ts *typeScript) open(ctx context.Context, user string, urls []string, data string, from *natter.Position) (client, error) {
	secret, err := secretIn(data)
	if err != nil {
		return nil, err
	}
	ts.mu.Lock()
	ts.opened++
	c := &tsClient{ts: ts, number: ts.opened, wake: make(chan struct{}, 1)}
	ts.clients[c.number] = c
	ts.mu.Unlock()
	options := map[string]any{
		"user": user, "urls": urls, "secret": secret, "transport": [...]string{"websocket", "stream"}[c.number%2],
		"connectTimeoutMs": connectTimeout.Milliseconds(), "backoffMaxMs": backoffMax.Milliseconds(),
	}
	if from != nil {
		options["resume"] = from
		c.position = *from
	}
	_, err = ts.call(ctx, "open", c, map[string]any{"options": options})
	return c, err
}

// tsClient is a client of the TypeScript SDK.
type tsClient struct {
	ts       *typeScript
	number   int
	wake     chan struct{} // one token: there is something in items
	position natter.Position

	mu    sync.Mutex // guards the following
	items []answer
}

func (c *tsClient) yield(a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, a)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *tsClient) take(ctx context.Context) (answer, bool) {
	for {
		c.mu.Lock()
		if len(c.items) > 0 {
			a := c.items[0]
			c.items = c.items[1:]
			c.mu.Unlock()
			return a, !a.End
		}
		c.mu.Unlock()
		select {
		case <-c.wake:
		case <-ctx.Done():
			return answer{}, false
		}
	}
}

func (c *tsClient) Session(ctx context.Context) (natter.Session, error) {
	_, err := c.ts.call(ctx, "connected", c, nil)
	return natter.Session{}, err
}

func (c *tsClient) Events(ctx context.Context) iter.Seq2[natter.Event, error] {
	return func(yield func(natter.Event, error) bool) {
		for {
			a, ok := c.take(ctx)
			if !ok {
				yield(natter.Event{}, natter.ErrFatal)
				return
			}
			f, err := wire.DecodeFrame(a.Item)
			ev, isEvent := f.(wire.Event)
			if err == nil && !isEvent {
				err = fmt.Errorf("%w: %s", natter.ErrReset, a.Item)
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func (c *tsClient) Position() natter.Position { return c.position }

// Close ends the client. All events that it has yielded are in items then.
func (c *tsClient) Close() error {
	reply, err := c.ts.call(context.Background(), "close", c, nil)
	if err == nil && string(reply) != "null" {
		err = json.Unmarshal(reply, &c.position)
	}
	c.ts.mu.Lock()
	defer c.ts.mu.Unlock()
	delete(c.ts.clients, c.number)
	return err
}

// asked gives a command and returns its reply.
func asked[F wire.Frame](ctx context.Context, c *tsClient, cmd wire.Command) (reply F, err error) {
	frame, err := wire.Append(nil, cmd)
	if err != nil {
		return reply, err
	}
	data, err := c.ts.call(ctx, "request", c, map[string]any{"command": json.RawMessage(frame)})
	if err != nil {
		return reply, err
	}
	f, err := wire.DecodeFrame(data)
	if err != nil {
		return reply, err
	}
	reply, ok := f.(F)
	if !ok {
		return reply, fmt.Errorf("%s was answered with %s", frame, data)
	}
	return reply, nil
}

func (c *tsClient) ack(ctx context.Context, cmd wire.Command) (natter.Ack, error) {
	return asked[wire.Ack](ctx, c, cmd)
}

func (c *tsClient) SendContent(ctx context.Context, channel string, content natter.Content, id string) (natter.Ack, error) {
	if id == "" {
		id = strings.ToLower(rand.Text())
	}
	return c.ack(ctx, wire.Send{Channel: channel, Content: content, ClientID: id})
}

func (c *tsClient) Forward(ctx context.Context, channel, from string, seq uint64) (natter.Ack, error) {
	return c.ack(ctx, wire.Forward{Channel: channel, From: wire.ChannelSeq{Channel: from, Seq: seq}, ClientID: strings.ToLower(rand.Text())})
}

func (c *tsClient) Edit(ctx context.Context, channel string, seq uint64, content natter.Content, id string) (natter.Ack, error) {
	return c.ack(ctx, wire.Edit{Channel: channel, Seq: seq, Content: content, ClientID: id})
}

func (c *tsClient) Delete(ctx context.Context, channel string, seq uint64) (natter.Ack, error) {
	return c.ack(ctx, wire.Delete{Channel: channel, Seq: seq})
}

func (c *tsClient) React(ctx context.Context, channel string, seq uint64, emoji string, remove bool, id string) (natter.Ack, error) {
	return c.ack(ctx, wire.React{Channel: channel, Seq: seq, Emoji: emoji, Remove: remove, ClientID: id})
}

func (c *tsClient) Pin(ctx context.Context, channel string, seq uint64, remove bool, id string) (natter.Ack, error) {
	return c.ack(ctx, wire.Pin{Channel: channel, Seq: seq, Remove: remove, ClientID: id})
}

func (c *tsClient) CreateGroup(ctx context.Context, name string, members []string) (natter.ChannelInfo, error) {
	f, err := asked[wire.Channel](ctx, c, wire.CreateGroup{Name: name, Members: members, ClientID: strings.ToLower(rand.Text())})
	return f.Channel, err
}

func (c *tsClient) UpdateChannel(ctx context.Context, channel string, u natter.ChannelUpdate) (natter.Ack, error) {
	return c.ack(ctx, wire.UpdateChannel{Channel: channel, Name: u.Name, Topic: u.Topic, SlowModeS: u.SlowModeS, Archived: u.Archived})
}

func (c *tsClient) DeleteChannel(ctx context.Context, channel string) (natter.Ack, error) {
	return c.ack(ctx, wire.DeleteChannel{Channel: channel})
}

func (c *tsClient) AddMembers(ctx context.Context, channel string, users ...string) (natter.Ack, error) {
	return c.ack(ctx, wire.AddMembers{Channel: channel, Members: users})
}

func (c *tsClient) RemoveMember(ctx context.Context, channel, user string) (natter.Ack, error) {
	return c.ack(ctx, wire.RemoveMember{Channel: channel, User: user})
}

func (c *tsClient) Ban(ctx context.Context, channel, user string) (natter.Ack, error) {
	return c.ack(ctx, wire.RemoveMember{Channel: channel, User: user, Ban: true})
}

func (c *tsClient) Unban(ctx context.Context, channel, user string) (natter.Ack, error) {
	return c.ack(ctx, wire.Unban{Channel: channel, User: user})
}

func (c *tsClient) SetRole(ctx context.Context, channel, user string, role natter.Role) (natter.Ack, error) {
	return c.ack(ctx, wire.SetRole{Channel: channel, User: user, Role: role})
}

func (c *tsClient) Leave(ctx context.Context, channel string) (natter.Ack, error) {
	return c.ack(ctx, wire.Leave{Channel: channel})
}

func (c *tsClient) CreateInvite(ctx context.Context, channel string, terms natter.InviteTerms) (secret string, err error) {
	secret = rand.Text()
	_, err = c.ack(ctx, wire.CreateInvite{Channel: channel, Hash: natter.InviteHash(secret), ExpiresS: terms.ExpiresS, Uses: terms.Uses, Approval: terms.Approval})
	return secret, err
}

func (c *tsClient) RevokeInvite(ctx context.Context, channel, secret string) (natter.Ack, error) {
	return c.ack(ctx, wire.RevokeInvite{Channel: channel, Hash: natter.InviteHash(secret)})
}

func (c *tsClient) Join(ctx context.Context, channel, secret string) (natter.Ack, error) {
	return c.ack(ctx, wire.Join{Channel: channel, Secret: secret})
}

func (c *tsClient) Read(ctx context.Context, channel string, seq uint64) error {
	_, err := asked[wire.Done](ctx, c, wire.Read{Channel: channel, Seq: seq})
	return err
}

func (c *tsClient) Received(ctx context.Context, upto map[string]uint64) error {
	cmd := wire.Received{}
	for channel, seq := range upto {
		cmd.Cursors = append(cmd.Cursors, wire.ChannelSeq{Channel: channel, Seq: seq})
	}
	_, err := asked[wire.Done](ctx, c, cmd)
	return err
}

func (c *tsClient) SetPresence(ctx context.Context, state natter.PresenceState) error {
	_, err := asked[wire.Done](ctx, c, wire.SetPresence{State: state})
	return err
}

func (c *tsClient) Set(ctx context.Context, name, value string) (natter.Ack, error) {
	return c.ack(ctx, wire.Set{Name: name, Value: value})
}

func (c *tsClient) Channels(ctx context.Context, limit int) (natter.Channels, error) {
	return asked[wire.Channels](ctx, c, wire.ListChannels{Limit: limit})
}

func (c *tsClient) Channel(ctx context.Context, channel string) (wire.Channel, error) {
	return asked[wire.Channel](ctx, c, wire.GetChannel{Channel: channel})
}

func (c *tsClient) History(ctx context.Context, channel string, around natter.Around) (natter.Page, error) {
	return asked[wire.Page](ctx, c, wire.History{Channel: channel, Before: around.Before, After: around.After, Limit: around.Limit, Changes: around.Changes})
}

func (c *tsClient) Receipts(ctx context.Context, channel string) ([]natter.Receipt, error) {
	f, err := asked[wire.Receipts](ctx, c, wire.GetReceipts{Channel: channel})
	return f.Cursors, err
}

func (c *tsClient) Presence(ctx context.Context, users ...string) ([]natter.UserPresence, error) {
	f, err := asked[wire.Presence](ctx, c, wire.GetPresence{Users: users})
	return f.Users, err
}

func (c *tsClient) Settings(ctx context.Context, prefix string) (settings []natter.Setting, err error) {
	for after := ""; ; after = settings[len(settings)-1].Name {
		f, err := asked[wire.Settings](ctx, c, wire.GetSettings{Prefix: prefix, After: after})
		settings = append(settings, f.Settings...)
		if err != nil || !f.More || len(f.Settings) == 0 {
			return settings, err
		}
	}
}
