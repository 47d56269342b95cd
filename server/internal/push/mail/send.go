package mail

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"natterjack/jetstream/digests"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/mail/letter"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/internal/push/mail/unsubscribe"
	"natterjack/server/internal/push/wording"
)

// send mails a user the messages that they have missed up to a place.
func (t *turn) send(ctx context.Context, upto uint64, r *Reader, a digests.Address, missed []letter.Missed, atLeast bool) error {
	l := &letter.Letter{
		From: t.cfg.From, To: a.Mail, ID: t.id(upto), At: t.now, Language: languageOf(r, a), Zone: r.Zone, Privacy: r.Privacy,
		Missed: missed, AtLeast: atLeast, Home: t.cfg.Home, Unsubscribe: unsubscribe.URL(t.cfg.Home, t.tokens, t.user),
	}
	m, err := l.Compose()
	if err != nil {
		t.logger.WarnContext(ctx, "a digest could not be written", "user", t.user, "error", err)
		t.note(post.Outcome{Result: push.Refused, Reason: post.ReasonAddress})
		return t.pass(ctx, upto)
	}
	if err := t.begin(ctx, upto); err != nil {
		return err
	}
	return t.settle(ctx, t.cfg.Sender.Send(ctx, m))
}

// begin stores that the digest may have been sent from now on.
func (t *turn) begin(ctx context.Context, upto uint64) error {
	st := &t.state
	if st.Begun == 0 {
		st.Begun = upto
	}
	if st.Since == 0 {
		st.Since = t.now.UnixMilli()
	}
	st.Unsure++
	st.Hold = t.now.Add(lease).UnixMilli()
	return t.save(ctx)
}

// settle stores the result of a try.
func (t *turn) settle(ctx context.Context, o post.Outcome) error {
	t.trouble.hear(o)
	st := &t.state
	switch {
	case o.Result == push.Sent:
		t.note(o)
		st.Told = t.now.UnixMilli()
		return t.finish(ctx)
	case o.Result == push.Again && o.Unsure:
		return fmt.Errorf("%w: %s", errUnknown, o.Reason) // the state says so
	}
	st.Unsure--
	st.Tries++
	switch {
	case o.Result == push.Refused:
		t.note(o)
		st.Hold = t.now.Add(t.cfg.refusedFor).UnixMilli()
		return t.finish(ctx)
	case o.Personal && t.now.Sub(time.UnixMilli(st.Since)) > t.cfg.giveUp:
		o.Result = push.Refused
		return t.drop(ctx, o)
	case o.Personal:
		return t.again(ctx, o)
	}
	st.Hold, st.Since = 0, 0 // the server's own trouble takes nothing of the recipient's time
	if err := t.save(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", errServer, o.Reason)
}

// again has a recipient tried again later. It is not the server that fails, so the queue does not
// hear of it as a failure.
func (t *turn) again(ctx context.Context, o post.Outcome) error {
	t.note(o)
	pause := min(t.cfg.firstPause<<min(t.state.Tries-1, 10), t.cfg.mostPause)
	t.state.Hold = t.now.Add(pause).UnixMilli()
	if err := t.save(ctx); err != nil {
		return err
	}
	return early(pause)
}

// id returns the id of a digest. It is the same in each try, and tells nothing of the user.
func (t *turn) id(upto uint64) string {
	mac := hmac.New(sha256.New, t.ids)
	_, _ = fmt.Fprintf(mac, "%s\n%d\n%d", t.user, t.state.Upto, upto) // it never fails
	return "digest." + hex.EncodeToString(mac.Sum(nil)[:16])
}

// languageOf returns the language of a digest: the language of the app on a device, or else the one
// that the identity provider gives.
func languageOf(r *Reader, a digests.Address) wording.Language {
	known := slices.DeleteFunc(append(slices.Clone(r.Languages), a.Language), func(l string) bool { return l == "" })
	return wording.LanguageOf(known...)
}

// troubleEvery is how often it is logged that a server cannot be used.
const troubleEvery = 10 * time.Minute

// trouble says in the log when the mail server cannot be used, and when it can again. Its methods
// may be called concurrently.
type trouble struct {
	logger *slog.Logger

	mu   sync.Mutex // protects following
	said time.Time  // zero while all is well
}

func (t *trouble) hear(o post.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o.Result == push.Sent || o.Personal {
		if !t.said.IsZero() {
			t.logger.Info("the mail server can be used again")
		}
		t.said = time.Time{}
		return
	}
	if now := time.Now(); now.Sub(t.said) >= troubleEvery {
		t.said = now
		t.logger.Warn("the mail server cannot be used now; digests are tried again", "reason", o.Reason)
	}
}
