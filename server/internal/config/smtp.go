package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"natterjack/embed"
)

// SMTP names the mail server by which users get digests of missed messages. Without a host they get
// none.
type SMTP struct {
	Host         string `conf:"host"`
	Port         int    `conf:"port"` // 0 for the usual one
	User         string `conf:"user"`
	PasswordFile string `conf:"password_file"`
	From         string `conf:"from"` // the sender: an address, with or without a name
	TLS          string `conf:"tls"`  // starttls, tls or none
	CA           string `conf:"ca"`   // file with certificates to trust besides the system's
	// Every is how often a user gets a digest at most, and After how long a message has to be
	// unread to be in one.
	Every time.Duration `conf:"every"`
	After time.Duration `conf:"after"`

	Sender *mail.Address // From, parsed
}

// The ways of securing the connection to the mail server.
const (
	smtpStartTLS = "starttls"
	smtpTLS      = "tls"
	smtpPlain    = "none"
)

// checkSMTP checks the block. Addresses of users come from an identity provider only, and each mail
// has a link with which it can be stopped.
func (c *Config) checkSMTP() error {
	s := &c.Push.SMTP
	if s.Host == "" {
		if *s != (SMTP{}) {
			return errors.New("push.smtp: has no host: set it, or take the block out")
		}
		return nil
	}
	s.TLS = cmp.Or(s.TLS, smtpStartTLS)
	s.Every, s.After = cmp.Or(s.Every, 4*time.Hour), cmp.Or(s.After, time.Hour)
	errs := []error{
		within("push.smtp.port", s.Port, 0, 65535),
		timeWithin("push.smtp.every", s.Every, 10*time.Minute, 7*24*time.Hour),
		timeWithin("push.smtp.after", s.After, time.Minute, 24*time.Hour),
		c.checkSecurity(),
	}
	if (s.User == "") != (s.PasswordFile == "") {
		errs = append(errs, errors.New("push.smtp: user and password_file go together: set both, or neither"))
	}
	if c.Push.Off {
		errs = append(errs, errors.New("push.smtp: push is off: take off out, or take this block out"))
	}
	if c.Push.PublicURL == "" {
		errs = append(errs, errors.New("push.smtp: push.public_url is missing, to which the links in mails lead"))
	}
	if c.Auth.Issuer == "" {
		errs = append(errs, errors.New("push.smtp: auth.issuer is missing: only an identity provider tells the addresses of users"))
	}
	var err error
	if s.Sender, err = mail.ParseAddress(s.From); err != nil {
		errs = append(errs, errors.New("push.smtp.from: must be an address such as chat@example.com, or \"Natterjack <chat@example.com>\""))
	}
	return errors.Join(errs...)
}

// checkSecurity refuses a password that would cross the network in the clear, and warns of mails
// that do.
func (c *Config) checkSecurity() error {
	s := &c.Push.SMTP
	switch {
	case s.TLS != smtpStartTLS && s.TLS != smtpTLS && s.TLS != smtpPlain:
		return fmt.Errorf("push.smtp.tls: %q is none of starttls, tls and none", s.TLS)
	case s.TLS != smtpPlain || embed.Loopback(s.Host):
		return nil
	case s.User != "":
		return errors.New("push.smtp.tls: is none, and the password would cross the network in the clear: set starttls or tls")
	}
	c.Warnings = append(c.Warnings, "push.smtp.tls: is none: mails cross the network to "+s.Host+" in the clear")
	return nil
}
