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

// backend is a connection to a server's own NATS. It prepares data for a benchmark without a
// session for each user, and looks at the streams.
type backend struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

// backend connects as the operator, with the password that the server has made. The caller
// closes the backend.
func (n node) backend() (*backend, error) {
	password, err := os.ReadFile(filepath.Join(n.data, "secrets", "operator"))
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(n.nats, nats.UserInfo("operator", strings.TrimSpace(string(password))), nats.CustomInboxPrefix("_INBOX.operator"))
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

// request sends a user's command and returns its answer.
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

// each calls do n times, some of the calls at once.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(requestsAtOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// showToAll lets everybody see the presence of these users. By default only their contacts see
// it.
func (b *backend) showToAll(ctx context.Context, users []string) error {
	return each(ctx, len(users), func(ctx context.Context, i int) error {
		_, err := b.request(ctx, users[i], wire.Set{Name: wire.SettingLastSeen, Value: "everyone"})
		return err
	})
}

// writes returns how many messages were ever written to each stream, by stream name, as the
// streams number them.
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

// since returns how many messages were written to all streams together between two calls of
// writes.
func since(before, after map[string]uint64) (n uint64) {
	for name, last := range after {
		n += last - before[name]
	}
	return n
}

// watch collects the writes to some keys of a bucket from this call on.
func (b *backend) watch(ctx context.Context, bucket, keys string) (jetstream.KeyWatcher, error) {
	kv, err := b.js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return kv.Watch(ctx, keys, jetstream.UpdatesOnly())
}
