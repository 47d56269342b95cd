// Package mailtest starts mail servers for tests: real ones on loopback, which keep the mails that
// they get and answer as the test wants.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// How says which kind of server it is. The zero value offers STARTTLS, and takes mail from all.
type How struct {
	TLS            bool // from the first byte
	Plain          bool // never
	User, Password string
}

// Step is a step of a conversation.
type Step string

// The steps.
const (
	Mail Step = "MAIL"
	Rcpt Step = "RCPT"
	Data Step = "DATA" // after the mail has come
	Quit Step = "QUIT" // after a mail was taken
)

// Received is a mail that the server has taken.
type Received struct {
	From string
	To   []string
	Data []byte
	TLS  bool
}

// Server is a mail server. Its methods may be called concurrently.
type Server struct {
	Host string
	Port int
	CA   *x509.CertPool // which has signed its certificate
	PEM  []byte         // the same as a file has it

	how   How
	heard buffer

	mu     sync.Mutex // protects following
	mails  []Received
	answer func(step Step, to string) error
}

// Start starts a server, which the end of the test stops.
func Start(tb testing.TB, how How) *Server {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr) //nolint:forcetypeassert // it listens on TCP
	s := &Server{Host: at.IP.String(), Port: at.Port, how: how}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth, server.Debug, server.ErrorLog = "mail.test", true, &s.heard, quiet{}
	if !how.Plain {
		server.TLSConfig = s.certify(tb)
	}
	if how.TLS {
		l = tls.NewListener(l, server.TLSConfig)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends by Close
	tb.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return s
}

// certify makes a certificate for the server's address.
func (s *Server) certify(tb testing.TB) *tls.Config {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour), // a bubble's clock is far behind
		IPAddresses: []net.IP{net.ParseIP(s.Host)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	s.CA = x509.NewCertPool()
	s.CA.AddCert(cert)
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// Answer has the server ask f at each step. An error of f is the answer: a [*smtp.SMTPError] as it
// is. While f does not return, the server says nothing.
func (s *Server) Answer(f func(step Step, to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *Server) ask(step Step, to string) error {
	s.mu.Lock()
	f := s.answer
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(step, to)
}

// Mails returns the mails that the server has taken.
func (s *Server) Mails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.mails...)
}

// Heard returns all that was said to the server and by it.
func (s *Server) Heard() string { return s.heard.text() }

// session is a conversation. One goroutine calls it, and another one calls Logout when the server
// closes.
type session struct {
	server *Server
	conn   *smtp.Conn
	signed bool
	mail   Received
	took   bool // protected by the server's lock
}

// Reset implements [smtp.Session].
func (s *session) Reset() { s.mail = Received{} }

// Logout implements [smtp.Session]. It is also called when a conversation turns to TLS.
func (s *session) Logout() error {
	s.server.mu.Lock()
	took := s.took
	s.server.mu.Unlock()
	if !took {
		return nil
	}
	return s.server.ask(Quit, "")
}

// AuthMechanisms implements [smtp.AuthSession].
func (s *session) AuthMechanisms() []string {
	if s.server.how.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements [smtp.AuthSession].
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.how.User || password != s.server.how.Password {
			return smtp.ErrAuthFailed
		}
		s.signed = true
		return nil
	}), nil
}

// Mail implements [smtp.Session].
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.how.User != "" && !s.signed {
		return &smtp.SMTPError{Code: 530, Message: "sign in first"}
	}
	_, secure := s.conn.TLSConnectionState()
	s.mail = Received{From: from, TLS: secure}
	return s.server.ask(Mail, "")
}

// Rcpt implements [smtp.Session].
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.ask(Rcpt, to)
}

// Data implements [smtp.Session].
func (s *session) Data(r io.Reader) (err error) {
	if s.mail.Data, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := s.server.ask(Data, s.mail.To[0]); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails, s.took = append(s.server.mails, s.mail), true
	return nil
}

// buffer keeps the bytes that are written.
type buffer struct {
	mu  sync.Mutex // protects following
	buf bytes.Buffer
}

// Write implements [io.Writer].
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// quiet drops the server's own log: the tests want things to break there.
type quiet struct{}

// Printf implements [smtp.Logger].
func (quiet) Printf(string, ...any) {}

// Println implements [smtp.Logger].
func (quiet) Println(...any) {}
