package conversation

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// sdk makes the clients of devices, in whatever language.
type sdk interface {
	// open makes a client that connects to the first of some servers which accepts it, and goes
	// on at a position. A nil position is the time of connecting.
	open(ctx context.Context, user string, urls []string, data string, from *natter.Position) (client, error)
}

// client is a client at work. A client id may be empty; then the client makes one.
type client interface {
	Session(ctx context.Context) (natter.Session, error)
	Events(ctx context.Context) iter.Seq2[natter.Event, error]
	// Position returns the position behind the events that were yielded.
	Position() natter.Position
	Close() error

	SendContent(ctx context.Context, channel string, content natter.Content, id string) (natter.Ack, error)
	Forward(ctx context.Context, channel, from string, seq uint64) (natter.Ack, error)
	Edit(ctx context.Context, channel string, seq uint64, content natter.Content, id string) (natter.Ack, error)
	Delete(ctx context.Context, channel string, seq uint64) (natter.Ack, error)
	React(ctx context.Context, channel string, seq uint64, emoji string, remove bool, id string) (natter.Ack, error)
	Pin(ctx context.Context, channel string, seq uint64, remove bool, id string) (natter.Ack, error)

	CreateGroup(ctx context.Context, name string, members []string) (natter.ChannelInfo, error)
	UpdateChannel(ctx context.Context, channel string, u natter.ChannelUpdate) (natter.Ack, error)
	DeleteChannel(ctx context.Context, channel string) (natter.Ack, error)
	AddMembers(ctx context.Context, channel string, users ...string) (natter.Ack, error)
	RemoveMember(ctx context.Context, channel, user string) (natter.Ack, error)
	Ban(ctx context.Context, channel, user string) (natter.Ack, error)
	Unban(ctx context.Context, channel, user string) (natter.Ack, error)
	SetRole(ctx context.Context, channel, user string, role natter.Role) (natter.Ack, error)
	Leave(ctx context.Context, channel string) (natter.Ack, error)
	CreateInvite(ctx context.Context, channel string, terms natter.InviteTerms) (secret string, err error)
	RevokeInvite(ctx context.Context, channel, secret string) (natter.Ack, error)
	Join(ctx context.Context, channel, secret string) (natter.Ack, error)

	Read(ctx context.Context, channel string, seq uint64) error
	Received(ctx context.Context, upto map[string]uint64) error
	SetPresence(ctx context.Context, state natter.PresenceState) error
	Set(ctx context.Context, name, value string) (natter.Ack, error)

	Channels(ctx context.Context, limit int) (natter.Channels, error)
	Channel(ctx context.Context, channel string) (wire.Channel, error)
	History(ctx context.Context, channel string, around natter.Around) (natter.Page, error)
	Receipts(ctx context.Context, channel string) ([]natter.Receipt, error)
	Presence(ctx context.Context, users ...string) ([]natter.UserPresence, error)
	Settings(ctx context.Context, prefix string) ([]natter.Setting, error)
}

// goSDK is the Go SDK.
type goSDK struct{}

func (goSDK) open(ctx context.Context, user string, urls []string, data string, from *natter.Position) (client, error) {
	c, err := natter.New(natter.Options{
		URLs: urls, InOrder: true, Tokens: natter.SignIn{User: user, URLs: urls, Data: data}, Resume: from,
		ConnectTimeout: connectTimeout, BackoffMax: backoffMax,
	})
	if err != nil {
		return nil, err
	}
	g := &goClient{Client: c}
	g.running.Go(func() { _ = c.Run(ctx) }) // calls of the client return the error
	return g, nil
}

// goClient is a client of the Go SDK.
type goClient struct {
	*natter.Client
	running sync.WaitGroup
}

func (c *goClient) Close() error {
	defer c.running.Wait()
	return c.Client.Close()
}

// under returns the option of a client id, or none.
func under(id string) []natter.SendOption {
	if id == "" {
		return nil
	}
	return []natter.SendOption{natter.WithClientID(id)}
}

func (c *goClient) SendContent(ctx context.Context, channel string, content natter.Content, id string) (natter.Ack, error) {
	return c.Client.SendContent(ctx, channel, content, under(id)...)
}

func (c *goClient) Forward(ctx context.Context, channel, from string, seq uint64) (natter.Ack, error) {
	return c.Client.Forward(ctx, channel, from, seq)
}

func (c *goClient) Edit(ctx context.Context, channel string, seq uint64, content natter.Content, id string) (natter.Ack, error) {
	return c.Client.Edit(ctx, channel, seq, content, under(id)...)
}

func (c *goClient) React(ctx context.Context, channel string, seq uint64, emoji string, remove bool, id string) (natter.Ack, error) {
	if remove {
		return c.Unreact(ctx, channel, seq, emoji, under(id)...)
	}
	return c.Client.React(ctx, channel, seq, emoji, under(id)...)
}

func (c *goClient) Pin(ctx context.Context, channel string, seq uint64, remove bool, id string) (natter.Ack, error) {
	if remove {
		return c.Unpin(ctx, channel, seq, under(id)...)
	}
	return c.Client.Pin(ctx, channel, seq, under(id)...)
}

func (c *goClient) CreateGroup(ctx context.Context, name string, members []string) (natter.ChannelInfo, error) {
	return c.Client.CreateGroup(ctx, name, members)
}

// secretIn returns the secret of the development sign-in, from a data directory.
func secretIn(data string) (string, error) {
	secret, err := os.ReadFile(filepath.Join(data, "secrets", "sign-in"))
	return strings.TrimSpace(string(secret)), err
}

// both is two SDKs in turn, so that people talk across them.
type both struct {
	of    [2]sdk
	turns int
}

func (b *both) open(ctx context.Context, user string, urls []string, data string, from *natter.Position) (client, error) {
	b.turns++
	return b.of[b.turns%len(b.of)].open(ctx, user, urls, data, from)
}

var errTypeScript = errors.New("the TypeScript driver has ended")
