package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"natterjack/server/wire"
)

const (
	requestsAtOnce = 32
	requestLimit   = 30 * time.Second
)

// backend is a connection to a server's own NATS: to make what a benchmark needs without a session for each user, and to
// look at the streams.
type backend struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

// backend connects as the operator, whose password the server has made. Whoever opens it closes it.
func (n node) backend() (*backend, error) {
	password, err := os.ReadFile(filepath.Join(n.data, "secrets", "operator"))
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(n.nats, nats.UserInfo("operator", strings.TrimSpace(string(password))))
	if err != nil {
		return nil, fmt.Errorf("connect to the server's NATS: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &backend{conn: conn, js: js}, nil
}

func (b *backend) close() { b.conn.Close() }

// request has a user's command answered.
func (b *backend) request(ctx context.Context, user string, cmd wire.Command) (wire.Frame, error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	answer, err := b.conn.RequestWithContext(ctx, "api."+user+"."+cmd.Type(), body)
	if err != nil {
		return nil, fmt.Errorf("%s as %s: %w", cmd.Type(), user, err)
	}
	frame, err := wire.DecodeFrame(answer.Data)
	if err != nil {
		return nil, err
	}
	if refused, ok := frame.(*wire.Error); ok {
		return nil, fmt.Errorf("%s as %s: %w", cmd.Type(), user, refused)
	}
	return frame, nil
}

// each does something n times, some of them at once.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(requestsAtOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// showToAll lets everybody see whether these users are there, who otherwise show it to their contacts.
func (b *backend) showToAll(ctx context.Context, users []string) error {
	return each(ctx, len(users), func(ctx context.Context, i int) error {
		_, err := b.request(ctx, users[i], wire.Set{Name: wire.SettingLastSeen, Value: "everyone"})
		return err
	})
}

// writes is how many messages were ever written to each stream, by its name, as the streams number them.
func (b *backend) writes(ctx context.Context) (map[string]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	all := make(map[string]uint64)
	list := b.js.ListStreams(ctx)
	for info := range list.Info() {
		all[info.Config.Name] = info.State.LastSeq
	}
	if err := list.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	return all, nil
}

// since is how many messages were written between two looks, to all streams together.
func since(before, after map[string]uint64) (n uint64) {
	for name, last := range after {
		n += last - before[name]
	}
	return n
}

// watch collects the writes to some keys of a bucket from now on.
func (b *backend) watch(ctx context.Context, bucket, keys string) (jetstream.KeyWatcher, error) {
	kv, err := b.js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return kv.Watch(ctx, keys, jetstream.UpdatesOnly())
}
