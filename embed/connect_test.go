package embed

import (
	"log/slog"
	"net"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// flaky is a way to a server that breaks a few times.
type flaky struct {
	nats.InProcessConnProvider

	breaks int
}

// InProcessConn implements [nats.InProcessConnProvider].
func (f *flaky) InProcessConn() (net.Conn, error) {
	conn, err := f.InProcessConnProvider.InProcessConn()
	if f.breaks--; f.breaks >= 0 && err == nil {
		err = conn.Close() // as a server does with a connection that was too slow to log in
	}
	return conn, err
}

// TestServer_connectsAgain tries again when a connection breaks before it has logged in, and gives
// up in the end.
func TestServer_connectsAgain(t *testing.T) {
	s, err := New(Options{
		NATS:    &server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), Accounts: []*server.Account{server.NewAccount("CHAT")}},
		Account: "CHAT", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	conn, err := s.connectBy(&flaky{s.inProcess(), connectTries - 1}, s.own)
	if err != nil {
		t.Fatalf("it gave up after %d broken connections: %v", connectTries-1, err)
	}
	conn.Close()
	if conn, err = s.connectBy(&flaky{s.inProcess(), connectTries}, s.own); err == nil {
		conn.Close()
		t.Errorf("it went on after %d broken connections", connectTries)
	}
}
