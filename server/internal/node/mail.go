package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"natterjack/server/internal/config"
	"natterjack/server/internal/push/devices"
	"natterjack/server/internal/push/mail"
	smtp "natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/mail/unsubscribe"
	"natterjack/server/wire"
)

// maxPassword bounds the bytes that are read from the file with the password of the mail server.
const maxPassword = 1 << 10

// mailing is the part that sends digests by mail. It is empty if no mail server is configured.
type mailing struct {
	digests *mail.Digests

	part *part
}

// openMail makes the part that sends digests, beside the part that notifies users at once.
func (r *running) openMail(cfg *devices.Config) error {
	s := &r.cfg.Push.SMTP
	if s.Host == "" {
		return nil
	}
	sender, err := r.openPost(s)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	r.mailing.digests, err = mail.New(mail.Config{
		Log: r.log, Facts: r.telling.teller, Sender: sender, From: s.Sender, Home: strings.TrimSuffix(r.cfg.Push.PublicURL, "/"),
		Every: s.Every, After: s.After, Noted: r.telling.teller.NoteMail, Logger: r.base,
	})
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	r.telling.teller.TakeDigest(r.mailing.digests)
	cfg.Mail = r.mailable
	return nil
}

// openPost makes the client of the mail server. It sends nothing yet.
func (r *running) openPost(s *config.SMTP) (*smtp.Post, error) {
	trust, err := roots(s.CA)
	if err != nil {
		return nil, err
	}
	cfg := smtp.Config{Host: s.Host, Port: s.Port, Security: smtp.Security(s.TLS), CA: trust.RootCAs, User: s.User}
	if s.User != "" {
		cfg.Password = func() (string, error) { return passwordIn(s.PasswordFile) }
		if _, err := cfg.Password(); err != nil {
			return nil, err
		}
	}
	return smtp.New(cfg)
}

// passwordIn reads a password from a file, each time that it is needed, so that it can be changed.
func passwordIn(file string) (string, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Errorf("password_file: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxPassword))
	if password := strings.TrimSpace(string(text)); err != nil || password != "" {
		return password, err
	}
	return "", errors.New("password_file: is empty")
}

func (r *running) startMail(ctx context.Context) {
	if r.mailing.digests != nil {
		r.mailing.part = begin(ctx, "mail", r.failed, r.mailing.digests.Run)
	}
}

// mailable says whether a user can have a digest by mail.
func (r *running) mailable(ctx context.Context, user string) (wire.PushMail, error) {
	known, err := r.mailing.digests.Addressed(ctx, user)
	switch {
	case err != nil:
		return "", wire.Errorf(wire.CodeUnavailable, "the address of the user cannot be looked up now; try again")
	case known:
		return wire.PushMailReady, nil
	}
	return wire.PushMailNoAddress, nil
}

// addressBook returns the part that takes in the addresses of users, or nil if users get no mail.
func (r *running) addressBook() addressBook {
	if r.mailing.digests == nil {
		return nil
	}
	return r.mailing.digests
}

// unsubscribing returns the handler for users who want no more mail, or nil if users get none.
func (r *running) unsubscribing() http.Handler {
	if r.mailing.digests == nil {
		return nil
	}
	return unsubscribe.Handler(unsubscribe.Config{Tokens: r.mailing.digests.Tokens(), Off: r.endMails, Logger: r.base.With("component", "mail")})
}

// endMails turns the digest of a user off, unless it is off: a link may be followed many times.
func (r *running) endMails(ctx context.Context, user string) error {
	if err := r.log.AwaitChannel(ctx, wire.OwnChannel(user)); err != nil {
		return err
	}
	a, err := r.log.Audience()
	if err != nil {
		return err
	}
	set, err := a.Setting(user, wire.SettingMail)
	if err = errors.Join(err, a.Close()); err != nil || set == "" {
		return err
	}
	_, err = r.log.Change(ctx, user, wire.Set{Name: wire.SettingMail})
	return err
}
