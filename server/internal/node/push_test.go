package node

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"natterjack/server/internal/config"
	"natterjack/server/wire"
)

// pushReceiver is an HTTPS server on 127.0.0.1. It stands for a push service, and for a webhook.
type pushReceiver struct {
	*httptest.Server

	port int

	mu    sync.Mutex // protects the following
	asked []*http.Request
}

func newPushReceiver(t *testing.T, answer http.HandlerFunc) *pushReceiver {
	t.Helper()
	p := &pushReceiver{}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r)
		p.mu.Unlock()
		answer(w, r)
	}))
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	p.StartTLS()
	t.Cleanup(p.Close)
	p.port = p.Listener.Addr().(*net.TCPAddr).Port
	return p
}

func (p *pushReceiver) requests() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// url returns a URL of the receiver, by its address.
func (p *pushReceiver) url(path string) string {
	return "https://127.0.0.1:" + strconv.Itoa(p.port) + path
}

// configured returns the configuration of a node that may ask the receiver, and no other address
// of this machine.
func (p *pushReceiver) configured(t *testing.T) *config.Config {
	t.Helper()
	cfg := load(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pemOf(p.Server), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Push.PublicURL, cfg.Push.CA, cfg.Push.Ports = "https://chat.example.com", file, []int{p.port}
	cfg.Push.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	return cfg
}

// pemOf returns the certificate of a server as a file has it.
func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// journal keeps all that a node logs.
type journal struct {
	mu  sync.Mutex // protects the following
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// pushNode runs a node that logs everything to a journal, and asks some names where they are.
func pushNode(t *testing.T, cfg *config.Config, resolver *net.Resolver) (Addresses, *journal, func() error) {
	t.Helper()
	j := &journal{}
	n, err := New(cfg, slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug - 10})))
	if err != nil {
		t.Fatal(err)
	}
	n.resolver = resolver
	a, stop := runNode(t, n)
	return a, j, stop
}

// pusher is a user over HTTP.
type pusher struct{ url, token string }

// do gives a command, and returns the reply.
func (p pusher) do(t *testing.T, cmd wire.Command) wire.Frame {
	t.Helper()
	frame, err := wire.Append(nil, cmd)
	if err != nil {
		t.Fatal(err)
	}
	_, body := post(t, p.url+wire.PathFrames, string(frame), "Authorization", "Bearer "+p.token)
	return decode(t, []byte(strings.TrimSpace(body)))
}

const devicesID = "q3Jx0m1T2c4V5b6N7m8K9Q"

// hook is a command that subscribes a webhook. Its path and its secret must not be shown again.
func hook(id, url string) wire.SubscribePush {
	return wire.SubscribePush{
		ID: id, PushDevice: wire.PushDevice{Kind: wire.PushWebhook, Label: "pager"},
		PushTarget: wire.PushTarget{Address: url, Key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	}
}

// browser is a command that subscribes a browser.
func browser(t *testing.T, id, url string) wire.SubscribePush {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	text := base64.RawURLEncoding.EncodeToString
	return wire.SubscribePush{
		ID: id, PushDevice: wire.PushDevice{Kind: wire.PushWeb, Label: "Firefox", Language: "ja"},
		PushTarget: wire.PushTarget{Address: url, Key: text(key.PublicKey().Bytes()), Auth: text(auth)},
	}
}

// TestPush_devices subscribes a webhook and a browser on a whole node, and tests them, with
// receivers that take it, and that do not. Nothing that the node logs or answers has a secret in
// it.
func TestPush_devices(t *testing.T) {
	receiver := newPushReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(r.URL.Query().Get("code")); err == nil {
			w.WriteHeader(code)
		}
	})
	a, logged, _ := pushNode(t, receiver.configured(t), nil)
	alice := pusher{a.HTTP, signIn(t, a, "alice")}
	offered := alice.do(t, wire.GetPush{}).(wire.Push)
	if !offered.On || offered.Reason != "" || fmt.Sprint(offered.Kinds) != "[web webhook]" || len(offered.Key) != 87 || offered.Content != wire.PushFull {
		t.Fatalf("%+v", offered)
	}
	secrets := []string{"MfKQ9r8G", "secretpath"}
	for i, want := range []struct {
		code   string
		result wire.PushResult
		reason string
	}{
		{"204", wire.PushSent, "sent"},
		{"404", wire.PushLost, "gone"},
		{"410", wire.PushLost, "gone"},
		{"429", wire.PushAgain, "too_fast"},
		{"302", wire.PushRefused, "redirect"},
		{"500", wire.PushAgain, "status_500"},
		{"403", wire.PushRefused, "status_403"},
	} {
		id := devicesID + strconv.Itoa(i)
		user := pusher{a.HTTP, signIn(t, a, "user"+strconv.Itoa(i/2))} // a user may test a few times a minute
		url := receiver.url("/secretpath?code=" + want.code)
		cmd := hook(id, url)
		if i%2 == 1 {
			cmd = browser(t, id, url)
			secrets = append(secrets, cmd.PushTarget.Key, cmd.Auth)
		}
		if ack, ok := user.do(t, cmd).(wire.Ack); !ok {
			t.Fatalf("%s: %+v", want.code, ack)
		}
		if got := user.do(t, wire.TestPush{ID: id}).(wire.PushTested); got.Result != want.result || got.Reason != want.reason {
			t.Errorf("%s: %+v", want.code, got)
		}
		subs := user.do(t, wire.GetPush{}).(wire.Push).Subscriptions
		if n := len(subs); n == 0 || subs[n-1].Kind != cmd.Kind || subs[n-1].Label != cmd.Label || subs[n-1].Since == 0 {
			t.Errorf("%+v", subs)
		}
	}
	for _, r := range receiver.requests() {
		if r.Header.Get("Webhook-Signature") == "" && !strings.HasPrefix(r.Header.Get("Authorization"), "vapid t=") {
			t.Errorf("not signed: %v", r.Header)
		}
	}
	if got := alice.do(t, wire.TestPush{ID: devicesID + "0"}).(*wire.Error); got.Code != wire.CodeInvalid {
		t.Errorf("another user's device: %+v", got)
	}
	for _, secret := range secrets {
		if at := strings.Index(logged.String(), secret); at >= 0 {
			t.Errorf("the log has %s: …%.300s", secret, logged.String()[max(at-200, 0):])
		}
	}
}

// TestPush_tooFast shows that a user can test a few times a minute, and that others still can.
func TestPush_tooFast(t *testing.T) {
	receiver := newPushReceiver(t, func(http.ResponseWriter, *http.Request) {})
	a, _, _ := pushNode(t, receiver.configured(t), nil)
	for _, user := range []string{"alice", "bob"} {
		p := pusher{a.HTTP, signIn(t, a, user)}
		p.do(t, hook(devicesID, receiver.url("/")))
		sent := 0
		for range 40 {
			switch f := p.do(t, wire.TestPush{ID: devicesID}).(type) {
			case wire.PushTested:
				sent++
			case *wire.Error:
				if f.Code != wire.CodeTooFast || f.RetryAfter == 0 {
					t.Fatalf("%+v", f)
				}
			}
		}
		if sent < 3 || sent > 20 {
			t.Errorf("%s: %d tests", user, sent)
		}
	}
}

// TestPush_inside shows that users cannot have a node ask what only the node can reach: by an
// address in any form, by a name, by a redirect, or by a name that leads elsewhere a moment later.
func TestPush_inside(t *testing.T) {
	inside := newPushReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := &dns{of: map[string][]string{
		"loopback.example.com.": {"127.0.0.1"}, "private.example.com.": {"10.0.0.1"}, "linklocal.example.com.": {"169.254.1.1"},
		"metadata.example.com.": {"169.254.169.254"},
	}}
	cfg := inside.configured(t)
	cfg.Push.Allowed = nil
	a, logged, _ := pushNode(t, cfg, names.resolver())
	eve := pusher{a.HTTP, signIn(t, a, "eve")}
	port := strconv.Itoa(inside.port)
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1",
		"169.254.1.1", "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "printer", "nas.local", "user@8.8.8.8",
	} {
		url := "https://" + host + ":" + port + "/secretpath"
		for _, cmd := range []wire.SubscribePush{hook(devicesID, url), browser(t, devicesID, url)} {
			refused, ok := eve.do(t, cmd).(*wire.Error)
			if !ok || refused.Code != wire.CodeInvalid || !strings.HasPrefix(refused.Message, "address: ") || strings.Contains(refused.Message, "secretpath") {
				t.Errorf("%s, %s: %+v", cmd.Kind, host, refused)
			}
		}
	}
	for i, host := range []string{"loopback", "private", "linklocal", "metadata"} {
		user := pusher{a.HTTP, signIn(t, a, "eve"+strconv.Itoa(i))}
		if _, ok := user.do(t, hook(devicesID, "https://"+host+".example.com:"+port+"/secretpath")).(wire.Ack); !ok {
			t.Fatalf("%s is refused by its name alone", host)
		}
		if got, _ := user.do(t, wire.TestPush{ID: devicesID}).(wire.PushTested); got.Result != wire.PushRefused || got.Reason != "refused_address" {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if n := len(inside.requests()); n != 0 {
		t.Errorf("what is inside was asked %d times", n)
	}
	if strings.Contains(logged.String(), "secretpath") {
		t.Error("the log has an endpoint")
	}
}

// TestPush_rebound shows that a name is judged each time by where it leads then: first to an
// address that may be asked, and then to one that may not.
func TestPush_rebound(t *testing.T) {
	inside := newPushReceiver(t, func(http.ResponseWriter, *http.Request) {})
	names := &dns{of: map[string][]string{"rebound.example.com.": {"127.0.0.2", "127.0.0.1"}}}
	cfg := inside.configured(t)
	cfg.Push.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
	a, _, _ := pushNode(t, cfg, names.resolver())
	eve := pusher{a.HTTP, signIn(t, a, "eve")}
	eve.do(t, hook(devicesID, "https://rebound.example.com:"+strconv.Itoa(inside.port)+"/"))
	for _, want := range []wire.PushTested{{Result: wire.PushAgain, Reason: "no_connection"}, {Result: wire.PushRefused, Reason: "refused_address"}} {
		if got := eve.do(t, wire.TestPush{ID: devicesID}).(wire.PushTested); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if n := len(inside.requests()); n != 0 {
		t.Errorf("what is inside was asked %d times", n)
	}
}

// TestPush_redirect shows that a receiver cannot send a node on.
func TestPush_redirect(t *testing.T) {
	inside := newPushReceiver(t, func(http.ResponseWriter, *http.Request) {})
	outside := newPushReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.url("/"), http.StatusTemporaryRedirect)
	})
	cfg := outside.configured(t)
	cfg.Push.Ports = append(cfg.Push.Ports, inside.port)
	a, _, _ := pushNode(t, cfg, nil)
	eve := pusher{a.HTTP, signIn(t, a, "eve")}
	eve.do(t, hook(devicesID, outside.url("/")))
	if got := eve.do(t, wire.TestPush{ID: devicesID}).(wire.PushTested); got.Result != wire.PushRefused || got.Reason != "redirect" {
		t.Errorf("%+v", got)
	}
	if n := len(inside.requests()); n != 0 {
		t.Errorf("what is inside was asked %d times", n)
	}
}

// TestPush_off shows what users are told where push is off, or has no address to name.
func TestPush_off(t *testing.T) {
	for reason, off := range map[wire.PushReason]bool{wire.PushIsOff: true, wire.PushNoPublicURL: false} {
		cfg := load(t)
		cfg.Push.Off = off
		a, _, stop := pushNode(t, cfg, nil)
		alice := pusher{a.HTTP, signIn(t, a, "alice")}
		got := alice.do(t, wire.GetPush{}).(wire.Push)
		if got.Reason != reason || got.On == off || got.Key != "" || len(got.Kinds) != map[bool]int{true: 0, false: 1}[off] {
			t.Errorf("%+v", got)
		}
		refused, ok := alice.do(t, browser(t, devicesID, "https://push.example.com/x")).(*wire.Error)
		if !ok || refused.Code != wire.CodeUnsupported || !strings.HasPrefix(refused.Message, "kind: this server sends no notifications by web: ") {
			t.Errorf("%+v", refused)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestPush_key shows that a node has the same key after a restart.
func TestPush_key(t *testing.T) {
	cfg := load(t)
	cfg.Push.Contact = "mailto:ops@example.com"
	keys := map[string]bool{}
	for range 2 {
		a, logged, stop := pushNode(t, cfg, nil)
		keys[(pusher{a.HTTP, signIn(t, a, "alice")}).do(t, wire.GetPush{}).(wire.Push).Key] = true
		if err := stop(); err != nil {
			t.Fatalf("%v: %s", err, logged)
		}
	}
	if len(keys) != 1 || keys[""] {
		t.Errorf("keys: %v", keys)
	}
}

// dns answers names in memory, each time by the next of its addresses.
type dns struct {
	mu sync.Mutex // protects the following
	of map[string][]string
}

func (d *dns) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go d.serve(there)
		return here, nil
	}}
}

// serve answers one connection, as over TCP.
func (d *dns) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		question := make([]byte, int(head[0])<<8|int(head[1]))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer := d.answer(question)
		if _, err := c.Write(append([]byte{byte(len(answer) >> 8), byte(len(answer))}, answer...)); err != nil {
			return
		}
	}
}

func (d *dns) answer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	d.mu.Lock()
	defer d.mu.Unlock()
	addrs := d.of[q.Name.String()]
	if len(addrs) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	} else if q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: netip.MustParseAddr(addrs[0]).As4()},
		}}
		if len(addrs) > 1 {
			d.of[q.Name.String()] = addrs[1:]
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// TestPush_told shows the whole way on a node: a message to a user who is not looking calls their
// webhook, and nobody else's, and the user's log and the state of the webhook say so.
func TestPush_told(t *testing.T) {
	bodies := make(chan string, 100)
	receiver := newPushReceiver(t, func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies <- r.URL.Path + " " + string(body)
	})
	a, logged, _ := pushNode(t, receiver.configured(t), nil)
	alice, bob := pusher{a.HTTP, signIn(t, a, "alice")}, pusher{a.HTTP, signIn(t, a, "bob")}
	alice.do(t, hook(devicesID, receiver.url("/alice-secretpath")))
	bob.do(t, hook(devicesID, receiver.url("/bob-secretpath")))
	alice.do(t, wire.Send{To: "bob", ClientID: "1", Content: wire.Content{Text: "are you there?"}})
	select {
	case got := <-bodies:
		if !strings.HasPrefix(got, "/bob-secretpath ") || !strings.Contains(got, `"channel":"alice~bob","seq":1,"title":"alice","body":"are you there?","badge":1`) {
			t.Errorf("told %s", got)
		}
	case <-time.After(patience):
		t.Fatalf("nobody is told: %s", logged)
	}
	for deadline := time.Now().Add(patience); ; {
		subs := bob.do(t, wire.GetPush{}).(wire.Push).Subscriptions
		log := bob.do(t, wire.GetPushLog{}).(wire.PushLog).Entries
		if len(subs) == 1 && subs[0].Told != 0 && subs[0].State == wire.PushOK && slices.ContainsFunc(log, func(e wire.PushLogEntry) bool {
			return e.Channel == "alice~bob" && e.Seq == 1 && e.Verdict == wire.PushTold
		}) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("subscriptions %+v, log %+v", subs, log)
		}
		<-time.After(50 * time.Millisecond)
	}
	if entries := alice.do(t, wire.GetPushLog{}).(wire.PushLog).Entries; slices.ContainsFunc(entries, func(e wire.PushLogEntry) bool { return e.Verdict == wire.PushTold }) {
		t.Errorf("alice was told of her own message: %+v", entries)
	}
	if strings.Contains(logged.String(), "secretpath") || strings.Contains(logged.String(), "MfKQ9r8G") {
		t.Error("the log has a secret")
	}
}
