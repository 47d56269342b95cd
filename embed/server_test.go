package embed_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"natterjack/embed"
	"natterjack/embed/embedtest"
)

const configuration = `
accounts { CHAT { jetstream: enabled }, SYS {} }
system_account: SYS
jetstream { sync_interval: always }
`

func parse(t *testing.T, text string) *server.Options {
	t.Helper()
	o := &server.Options{}
	if err := o.ProcessConfigString(text); err != nil {
		t.Fatal(err)
	}
	o.StoreDir, o.Host, o.Port = t.TempDir(), "127.0.0.1", server.RANDOM_PORT
	return o
}

func TestNew_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		change func(*server.Options)
		want   string
	}{
		"no jetstream":       {text: "accounts { CHAT {} }", want: "jetstream is not enabled"},
		"no account":         {text: "jetstream {}", want: "no account CHAT"},
		"operator mode":      {text: configuration, change: func(o *server.Options) { o.TrustedKeys = []string{"O"} }, want: "operator mode"},
		"cluster, no listen": {text: configuration, change: func(o *server.Options) { o.DontListen, o.Cluster.Port = true, -1 }, want: "must listen"},
		"of the server's own": {
			text: configuration, change: func(o *server.Options) { o.NoAuthUser = "nobody" }, want: "no_auth_user",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := parse(t, tt.text)
			if tt.change != nil {
				tt.change(o)
			}
			_, err := embed.New(embed.Options{NATS: o})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestStart_PortInUse(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	o := parse(t, configuration)
	o.Port = l.Addr().(*net.TCPAddr).Port
	s, err := embed.New(embed.Options{NATS: o})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Start: %v, want the address to be in use", err)
	}
}

func TestClose_IsBoundedAndRepeats(t *testing.T) {
	s, err := embed.New(embed.Options{NATS: parse(t, configuration)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn := s.Conn()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(gone); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v, want nil or the context's error", err)
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close again: %v", err)
		}
	}
	if !conn.IsClosed() {
		t.Error("our own connection is open after Close")
	}
}

func TestClose_BeforeStart(t *testing.T) {
	s, err := embed.New(embed.Options{NATS: parse(t, configuration)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestOwnUsers_NotOverTCP(t *testing.T) {
	o := parse(t, configuration)
	s, err := embed.New(embed.Options{NATS: o})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if len(o.Users) != 2 {
		t.Fatalf("%d users of our own, want one in CHAT and one in SYS", len(o.Users))
	}
	for _, u := range o.Users {
		conn, err := nats.Connect(s.URL(), nats.UserInfo(u.Username, u.Password))
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s over TCP: %v, want %v", u.Username, err, nats.ErrAuthorization)
		}
		if conn != nil {
			conn.Close()
		}
	}
	if _, err := nats.Connect(s.URL()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("nobody over TCP: %v, want %v", err, nats.ErrAuthorization)
	}
}

func TestListen_ConfiguredUser(t *testing.T) {
	n := embedtest.Start(t, embedtest.Listen, embedtest.User("service", "secret"))
	conn, err := nats.Connect(n.URL(), nats.UserInfo("service", "secret"))
	if err != nil {
		t.Fatalf("connect to %s: %v", n.URL(), err)
	}
	conn.Close()
	if err := n.Health(); err != nil {
		t.Errorf("Health: %v", err)
	}
}

func TestLog_StaticMessages(t *testing.T) {
	var log bytes.Buffer
	s, err := embed.New(embed.Options{NATS: parse(t, configuration), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Start(t.Context()), s.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		if !strings.Contains(line, "msg=server component=nats detail=") {
			t.Errorf("not the server's one message: %s", line)
		}
	}
	if want := `level=INFO msg=server component=nats detail="Server is ready"`; !strings.Contains(log.String(), want) {
		t.Errorf("the log has no %s:\n%s", want, &log)
	}
}

// TestServer_inProcess shows that our own connection carries more than its pipe holds, in both
// directions at once, and that it reconnects by itself.
func TestServer_inProcess(t *testing.T) {
	node := embedtest.Start(t)
	conn := node.Conn
	const messages = 200
	big := bytes.Repeat([]byte("x"), 10_000)
	got := make(chan int, messages)
	if _, err := conn.Subscribe("big", func(m *nats.Msg) { got <- len(m.Data) }); err != nil {
		t.Fatal(err)
	}
	for range messages {
		if err := conn.Publish("big", big); err != nil {
			t.Fatal(err)
		}
	}
	for range messages {
		if n := <-got; n != len(big) {
			t.Fatalf("%d bytes of %d arrived", n, len(big))
		}
	}
	id, err := conn.GetClientID()
	if err != nil {
		t.Fatal(err)
	}
	back := conn.StatusChanged(nats.CONNECTED)
	if err := node.Server.NATS().DisconnectClientByID(id); err != nil {
		t.Fatal(err)
	}
	<-back
	if err := conn.Publish("big", big); err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != len(big) {
		t.Fatalf("%d bytes of %d arrived", n, len(big))
	}
}
