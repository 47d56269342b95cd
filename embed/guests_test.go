package embed_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"natterjack/embed/embedtest"
)

// TestGuests has a crowd open connections that say nothing, more than there are places. Users from
// another address come in beside them: they try again until they do, as every NATS client does.
// Without the watch none would, for the crowd outlasts their patience. A connection that has logged
// in is not closed.
func TestGuests(t *testing.T) {
	const places, users = 256, 10
	few := func(o *server.Options) { o.MaxConn, o.AuthTimeout = places, 4*patience.Seconds() }
	n := embedtest.Start(t, embedtest.NoSync, embedtest.Listen, embedtest.User("service", "pw"), few)
	connect := func() (*nats.Conn, error) {
		from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: patience}
		return nats.Connect(n.URL(), nats.UserInfo("service", "pw"), nats.NoReconnect(), nats.SetCustomDialer(from), nats.Timeout(patience))
	}
	stay, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	defer stay.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var crowding sync.WaitGroup
	<-crowd(ctx, &crowding, n, places*5/4)
	tries := 0
	for range users {
		eventually(t, "a user came in", func() bool {
			tries++
			c, err := connect()
			if err != nil {
				return false
			}
			c.Close()
			return true
		})
	}
	cancel()
	crowding.Wait()
	t.Logf("%d users came in with %d tries", users, tries)
	if err := stay.FlushTimeout(patience); err != nil {
		t.Errorf("who had logged in: %v", err)
	}
	if n.Conn.Stats().Reconnects != 0 {
		t.Error("this node's own connection was closed")
	}
}

// crowd keeps many silent connections open until ctx ends. Whenever the server closes one, another
// is opened. It says when the server has closed the first one, because they were too many.
func crowd(ctx context.Context, running *sync.WaitGroup, n *embedtest.Node, many int) (full <-chan struct{}) {
	var closed sync.Once
	enough := make(chan struct{})
	for range many {
		running.Go(func() {
			for ctx.Err() == nil {
				c, err := new(net.Dialer).DialContext(ctx, "tcp", n.NATS().Addr().String())
				if err != nil {
					continue
				}
				stop := context.AfterFunc(ctx, func() { _ = c.Close() })
				_, _ = io.Copy(io.Discard, c) // until the server closes it
				closed.Do(func() { close(enough) })
				stop()
				_ = c.Close()
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	return enough
}
