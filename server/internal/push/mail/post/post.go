package post

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	gomail "github.com/wneessen/go-mail"

	"natterjack/server/internal/push"
)

// Security says how a connection is secured.
type Security string

// The ways of securing a connection.
const (
	StartTLS Security = "starttls" // TLS after a command, and never without
	TLS      Security = "tls"      // from the first byte
	Plain    Security = "none"     // not at all: for a server on this machine
)

// Port returns the port that a server usually has.
func (s Security) Port() int {
	switch s {
	case TLS:
		return 465
	case Plain:
		return 25
	default:
		return 587
	}
}

// Config says how to reach a mail server.
type Config struct {
	Host     string
	Port     int // 0 for the usual one
	Security Security
	// CA is trusted besides the certificates of the system, if it is not nil.
	CA *x509.CertPool
	// User signs in with the password, unless it is empty. The password is asked for at each try,
	// so that it can be changed.
	User     string
	Password func() (string, error)
	Timeout  time.Duration // of a try; 0 for 20 s

	at string // where the host is, for tests; empty for where its name says
}

const (
	tryTimeout = 20 * time.Second
	// quitTimeout is how long the end of a conversation may take, whose result is known.
	quitTimeout = time.Second
)

// ways are how to sign in, the best first. By PLAIN and LOGIN the library tells a password only
// over TLS, or to this machine. Servers that offer NTLM beside these often want a domain for it.
var ways = []gomail.SMTPAuthType{
	gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5,
}

// Post gives mail to a server. Its methods may be called concurrently.
type Post struct{ cfg Config }

// New returns a post. It makes no connection yet.
func New(cfg Config) (*Post, error) {
	cfg.Port, cfg.Timeout = cmp.Or(cfg.Port, cfg.Security.Port()), cmp.Or(cfg.Timeout, tryTimeout)
	if cfg.User != "" && cfg.Password == nil {
		return nil, errors.New("post: a user is configured without a password")
	}
	p := &Post{cfg: cfg}
	_, err := p.client("", nil) // the options have errors of their own
	return p, err
}

// Send tries once to give a mail to the server.
func (p *Post) Send(ctx context.Context, m *gomail.Msg) Outcome {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	password := ""
	if p.cfg.User != "" {
		var err error
		if password, err = p.cfg.Password(); err != nil {
			return Outcome{Result: push.Again, Reason: ReasonPassword}
		}
	}
	l := &line{cfg: &p.cfg}
	defer l.close()
	defer context.AfterFunc(ctx, l.close)() // wherever the conversation is then
	client, err := p.client(password, l.dial)
	if err != nil {
		return unreached(err)
	}
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return unreached(cmp.Or(ctx.Err(), err))
	}
	err = client.SendWithSMTPClient(smtp, m)
	if m.IsDelivered() { // even if something went wrong afterwards
		l.hurry(quitTimeout)
		_ = smtp.Quit() // its answer changes nothing
		return Outcome{Result: push.Sent, Reason: push.ReasonSent}
	}
	return failed(err)
}

// client returns a client for one connection.
func (p *Post) client(password string, dial gomail.DialContextFunc) (*gomail.Client, error) {
	policy := gomail.TLSMandatory
	switch p.cfg.Security {
	case TLS:
		policy = gomail.TLSOpportunistic // dial has it already
	case Plain:
		policy = gomail.NoTLS
	case StartTLS:
	}
	options := []gomail.Option{
		gomail.WithPort(p.cfg.Port), gomail.WithTimeout(p.cfg.Timeout), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(p.cfg.tls()),
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if dial != nil {
		options = append(options, gomail.WithDialContextFunc(dial))
	}
	if p.cfg.User != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(ways...), gomail.WithUsername(p.cfg.User), gomail.WithPassword(password))
	}
	return gomail.NewClient(p.cfg.Host, options...)
}

func (c *Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: c.CA, MinVersion: tls.VersionTLS12}
}
