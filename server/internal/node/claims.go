package node

import (
	"context"
	"errors"
	"log/slog"

	"natterjack/jetstream"
	"natterjack/server/internal/auth"
)

// maxClaims bounds the users whose claims wait to be compared with their profiles.
const maxClaims = 1024

// claims puts the facts that an identity provider gives about users into their profiles, one user
// after the other.
type claims struct {
	log    *jetstream.Log
	book   addressBook // nil if users get no mail
	queue  chan claim
	logger *slog.Logger
}

// addressBook takes in the addresses of users.
type addressBook interface {
	// Learn takes in the mail address and the language that the provider gives for a user. The
	// address is empty unless the provider has verified it.
	Learn(ctx context.Context, user, address, language string) error
}

type claim struct {
	user string
	said auth.Claims
}

func newClaims(log *jetstream.Log, book addressBook, logger *slog.Logger) *claims {
	return &claims{log: log, book: book, queue: make(chan claim, maxClaims), logger: logger}
}

// hear takes the claims of a provider. If too much waits already, it is left for the user's next
// token.
func (c *claims) hear(user string, said auth.Claims) {
	select {
	case c.queue <- claim{user, said}:
	default:
		c.logger.Warn("too many users sign in at once; a profile was not updated, and the user's next token tries again", "user", user)
	}
}

// run works until ctx ends.
func (c *claims) run(ctx context.Context) error {
	for {
		select {
		case next := <-c.queue:
			if err := c.provide(ctx, next.user, &next.said); err != nil && ctx.Err() == nil {
				c.logger.WarnContext(ctx, "a profile could not be updated from the identity provider; the user's next token tries again", "user", next.user, "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// provide stores the claims of a provider about a user. The address is no part of the profile.
func (c *claims) provide(ctx context.Context, user string, said *auth.Claims) error {
	var errs [2]error
	if said.Name != "" || said.Zone != "" {
		errs[0] = c.log.Provide(ctx, user, jetstream.Claims{Name: said.Name, Zone: said.Zone})
	}
	if c.book != nil && (said.Mail != "" || said.Unverified) {
		errs[1] = c.book.Learn(ctx, user, said.Mail, said.Language)
	}
	return errors.Join(errs[:]...)
}
