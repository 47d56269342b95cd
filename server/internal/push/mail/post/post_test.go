package post

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"natterjack/server/internal/push"
	"natterjack/server/internal/push/mail/mailtest"
)

const recipient = "bob@example.org"

func message(tb testing.TB) *gomail.Msg {
	tb.Helper()
	m := gomail.NewMsg()
	m.FromMailAddress(&mail.Address{Address: "chat@example.com"})
	m.ToMailAddress(&mail.Address{Address: recipient})
	m.Subject("hello")
	m.SetBodyString(gomail.TypeTextPlain, "a line\n.\na dot alone")
	return m
}

// to returns a post for a server, and what changes its configuration.
func to(tb testing.TB, s *mailtest.Server, change func(*Config)) *Post {
	tb.Helper()
	cfg := Config{Host: s.Host, Port: s.Port, Security: StartTLS, CA: s.CA, Timeout: 10 * time.Second}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func password(secret string) func() (string, error) {
	return func() (string, error) { return secret, nil }
}

func TestSend(t *testing.T) {
	for security, how := range map[Security]mailtest.How{StartTLS: {}, TLS: {TLS: true}, Plain: {Plain: true}} {
		s := mailtest.Start(t, how)
		got := to(t, s, func(c *Config) { c.Security = security }).Send(t.Context(), message(t))
		if got != (Outcome{Result: push.Sent, Reason: "sent"}) {
			t.Fatalf("%s: %+v", security, got)
		}
		all := s.Mails()
		if len(all) != 1 || all[0].From != "chat@example.com" || fmt.Sprint(all[0].To) != "["+recipient+"]" || all[0].TLS != (security != Plain) {
			t.Fatalf("%s: %+v", security, all)
		}
		if !bytes.Contains(all[0].Data, []byte("a line\r\n.\r\na dot alone")) {
			t.Errorf("%s: %q", security, all[0].Data)
		}
	}
}

// TestSend_signIn shows that a password crosses no network in the clear.
func TestSend_signIn(t *testing.T) {
	for name, c := range map[string]struct {
		how      mailtest.How
		security Security
		secret   string
		want     Outcome
	}{
		"right":                 {mailtest.How{User: "chat", Password: "secret"}, StartTLS, "secret", Outcome{Result: push.Sent, Reason: "sent"}},
		"right, by TLS":         {mailtest.How{User: "chat", Password: "secret", TLS: true}, TLS, "secret", Outcome{Result: push.Sent, Reason: "sent"}},
		"wrong":                 {mailtest.How{User: "chat", Password: "secret"}, StartTLS, "other", Outcome{Result: push.Again, Reason: ReasonSignIn}},
		"nobody can":            {mailtest.How{}, StartTLS, "secret", Outcome{Result: push.Again, Reason: ReasonSignIn}},
		"everything is legible": {mailtest.How{User: "chat", Password: "secret", Plain: true}, Plain, "secret", Outcome{Result: push.Again, Reason: ReasonSignIn}},
	} {
		s := mailtest.Start(t, c.how)
		p := to(t, s, func(cfg *Config) {
			cfg.Security, cfg.User, cfg.Password = c.security, "chat", password(c.secret)
			if c.security == Plain { // on this machine a password would cross no network
				cfg.Host, cfg.at = "mail.example.com", net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
			}
		})
		if got := p.Send(t.Context(), message(t)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if heard := s.Heard(); c.security == Plain && strings.Contains(heard, "\nAUTH") {
			t.Errorf("%s: the server heard %q", name, heard)
		}
	}
	s := mailtest.Start(t, mailtest.How{User: "chat", Password: "secret"})
	got := to(t, s, nil).Send(t.Context(), message(t)) // a server that takes mail from no other user
	if want := (Outcome{Result: push.Again, Reason: ReasonSignIn}); got != want {
		t.Errorf("without a user: %+v, want %+v", got, want)
	}
	p := to(t, s, func(c *Config) {
		c.User, c.Password = "chat", func() (string, error) { return "", errors.New("no such file") }
	})
	if got := p.Send(t.Context(), message(t)); got.Result != push.Again || got.Reason != ReasonPassword {
		t.Errorf("a password that cannot be read: %+v", got)
	}
}

// TestSend_tls shows that nothing is said without TLS, nor to a stranger.
func TestSend_tls(t *testing.T) {
	s := mailtest.Start(t, mailtest.How{Plain: true})
	if got := to(t, s, nil).Send(t.Context(), message(t)); got != (Outcome{Result: push.Again, Reason: ReasonNoTLS}) {
		t.Errorf("a server without STARTTLS: %+v", got)
	}
	if heard := s.Heard(); strings.Contains(heard, "MAIL") {
		t.Errorf("it heard %q", heard)
	}
	for security, how := range map[Security]mailtest.How{StartTLS: {}, TLS: {TLS: true}} {
		s := mailtest.Start(t, how)
		stranger := func(c *Config) { c.CA, c.Security = nil, security }
		if got := to(t, s, stranger).Send(t.Context(), message(t)); got != (Outcome{Result: push.Again, Reason: "tls"}) {
			t.Errorf("%s, with a certificate that nobody has signed: %+v", security, got)
		}
		otherName := func(c *Config) { c.Host, c.Security = "localhost", security }
		if got := to(t, s, otherName).Send(t.Context(), message(t)); got != (Outcome{Result: push.Again, Reason: "tls"}) {
			t.Errorf("%s, with a certificate for another name: %+v", security, got)
		}
		if len(s.Mails()) != 0 {
			t.Errorf("%s: a stranger got the mail", security)
		}
	}
}

func TestSend_answers(t *testing.T) {
	refuse := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: "no, " + recipient}
	}
	for code, want := range map[int]Outcome{
		421: {Result: push.Again, Reason: "status_421"},
		450: {Result: push.Again, Reason: "status_450", Personal: true},
		451: {Result: push.Again, Reason: "status_451", Personal: true},
		452: {Result: push.Again, Reason: "status_452", Personal: true},
		530: {Result: push.Again, Reason: ReasonSignIn},
		550: {Result: push.Refused, Reason: "status_550", Personal: true},
		551: {Result: push.Refused, Reason: "status_551", Personal: true}, // it names another place, which is not asked
		552: {Result: push.Refused, Reason: "status_552", Personal: true},
		554: {Result: push.Refused, Reason: "status_554", Personal: true},
	} {
		for _, at := range []mailtest.Step{mailtest.Rcpt, mailtest.Data} {
			if got := answered(t, at, refuse(code)); got != want {
				t.Errorf("%d at %s: %+v, want %+v", code, at, got, want)
			}
		}
	}
}

// TestSend_sender shows that an error about the sender, who is the same in all mails, says nothing
// against a mail.
func TestSend_sender(t *testing.T) {
	for code, want := range map[int]string{421: "status_421", 450: "status_450", 530: ReasonSignIn, 550: "status_550", 553: "status_553"} {
		no := &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: "no, chat@example.com"}
		if got := answered(t, mailtest.Mail, no); got != (Outcome{Result: push.Again, Reason: want}) {
			t.Errorf("%d: %+v, want %s", code, got, want)
		}
	}
}

// answered returns the outcome of a try with a server that refuses one step.
func answered(tb testing.TB, at mailtest.Step, no error) Outcome {
	tb.Helper()
	s := mailtest.Start(tb, mailtest.How{})
	s.Answer(func(step mailtest.Step, _ string) error {
		if step == at {
			return no
		}
		return nil
	})
	return to(tb, s, nil).Send(tb.Context(), message(tb))
}

// TestSend_greeting shows that a server that refuses everybody says nothing against a mail.
func TestSend_greeting(t *testing.T) {
	for greeting, want := range map[string]string{
		"554 go away\r\n": "status_554", "421 busy\r\n": "status_421", "hello\r\n": "no_connection", "": "no_connection",
		"220 x\r\n" + strings.Repeat("250-"+strings.Repeat("x", 1000)+"\r\n", 1000): "no_connection",
	} {
		address := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, greeting) })
		if got := to(t, address, nil).Send(t.Context(), message(t)); got != (Outcome{Result: push.Again, Reason: want}) {
			t.Errorf("%.20q: %+v, want %s", greeting, got, want)
		}
	}
}

// listen starts a server that does one thing with each connection, and closes it.
func listen(tb testing.TB, do func(net.Conn)) *mailtest.Server {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { do(c); _ = c.Close() })
		}
	})
	tb.Cleanup(func() { _ = l.Close(); serving.Wait() })
	return &mailtest.Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port} //nolint:forcetypeassert // it listens on TCP
}

// TestSend_hangs shows that a server that says nothing costs no more than the timeout, at each
// step, and when the node stops no more than a moment.
func TestSend_hangs(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	silent := listen(t, func(net.Conn) { <-over })
	steps := map[string]*mailtest.Server{"greeting": silent}
	for _, at := range []mailtest.Step{mailtest.Mail, mailtest.Rcpt, mailtest.Data} {
		s := mailtest.Start(t, mailtest.How{})
		s.Answer(func(step mailtest.Step, _ string) error {
			if step == at {
				<-over
			}
			return nil
		})
		steps[string(at)] = s
	}
	for name, s := range steps {
		for _, stops := range []bool{false, true} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			patience := 300 * time.Millisecond
			if stops {
				patience = time.Minute
				time.AfterFunc(300*time.Millisecond, cancel)
			}
			began := time.Now()
			got := to(t, s, func(c *Config) { c.Timeout = patience }).Send(ctx, message(t))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("%s: it took %v", name, took)
			}
			if got.Result != push.Again || got.Personal || got.Unsure != (name == string(mailtest.Data)) {
				t.Errorf("%s, and the node stops: %v: %+v", name, stops, got)
			}
			cancel()
		}
	}
}

func TestSend_nobodyThere(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
	_ = l.Close()
	got := to(t, &mailtest.Server{Host: "127.0.0.1", Port: port}, nil).Send(t.Context(), message(t))
	if got != (Outcome{Result: push.Again, Reason: "no_connection"}) {
		t.Errorf("%+v", got)
	}
}

// TestSend_hangsAtTheEnd shows that a mail that the server has taken stays sent, though the server
// then says nothing more.
func TestSend_hangsAtTheEnd(t *testing.T) {
	s := mailtest.Start(t, mailtest.How{})
	over := make(chan struct{})
	defer close(over)
	s.Answer(func(step mailtest.Step, _ string) error {
		if step == mailtest.Quit {
			<-over
		}
		return nil
	})
	began := time.Now()
	if got := to(t, s, nil).Send(t.Context(), message(t)); got.Result != push.Sent || time.Since(began) > 8*time.Second {
		t.Errorf("%+v after %v", got, time.Since(began))
	}
}

func TestNew_refuses(t *testing.T) {
	if _, err := New(Config{Host: "mail.example.com", User: "chat"}); err == nil {
		t.Error("a user without a password")
	}
	if _, err := New(Config{Host: "mail.example.com", Port: 70_000}); err == nil {
		t.Error("a port that is none")
	}
	for security, port := range map[Security]int{StartTLS: 587, TLS: 465, Plain: 25} {
		if got := security.Port(); got != port {
			t.Errorf("%s has port %d", security, got)
		}
	}
}
