package mail

import (
	"context"
	"errors"
	"slices"
	"time"

	"natterjack/jetstream/digests"
	"natterjack/jetstream/queue"
	"natterjack/server/internal/push"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/wire"
)

const (
	// lease is for how long no other node sends a digest that this one has begun. It is longer than
	// a try and the writes after it.
	lease = time.Minute
	// mostUnsure is how many tries may have succeeded, for all one knows, before there is no other.
	mostUnsure = 2
	// giveUp is for how long a digest is tried that a server does not take from one recipient.
	giveUp = 24 * time.Hour
	// refusedFor is for how long a recipient is left alone that a server has refused for good. A
	// sender who goes on as if nothing were counts as one who sends spam.
	refusedFor = 24 * time.Hour
	// firstPause and mostPause bound the pauses between tries to one recipient.
	firstPause, mostPause = 2 * time.Minute, time.Hour
	// storeTimeout bounds the writes after a try, also while the node stops.
	storeTimeout = 5 * time.Second
)

var (
	errBody    = errors.New("mail: the job is of another version, or damaged")
	errServer  = errors.New("mail: the mail server cannot be used now")
	errUnknown = errors.New("mail: the mail server did not say whether it has taken the mail")
)

// worker does jobs: it looks at a user, and sends a digest if one is due.
type worker struct{ *Digests }

// Do implements [queue.Worker].
func (w worker) Do(ctx context.Context, job *queue.Job) error {
	user := string(job.Body)
	if !wire.ValidUser(user) {
		return queue.Dead(errBody)
	}
	st, err := w.store.State(ctx, user)
	if err != nil {
		return err
	}
	now := time.Now()
	if until, held := st.Held(now); held {
		return early(until.Sub(now))
	}
	notes, err := w.store.Missed(ctx, user, st.Upto)
	if err != nil {
		return err
	}
	t := &turn{Digests: w.Digests, user: user, now: now, covers: job.NotBefore, state: st, notes: notes}
	err = t.take(ctx)
	if errors.Is(err, digests.ErrChanged) {
		return queue.Early(lease) // another node is about it
	}
	return err
}

// early says that a job comes again after a while.
func early(d time.Duration) error { return queue.Early(max(d, time.Second)) }

// turn is one look at a user.
type turn struct {
	*Digests

	user string
	now  time.Time
	// Messages that were noted until covers are the business of this job. Later notes have a job of
	// their own, so that a user who misses something each minute has few jobs at a time.
	covers time.Time
	state  digests.State
	notes  []digests.Note // which no digest has told, ascending
}

// take begins a digest, goes on with one that was begun, or says when there will be one.
func (t *turn) take(ctx context.Context) error {
	switch {
	case t.state.Unsure >= mostUnsure:
		return t.drop(ctx, post.Outcome{Result: push.Again, Reason: "no_answer"})
	case t.state.Begun == 0 && t.over():
		return nil
	}
	upto := t.state.Begun
	if upto == 0 {
		due := t.due()
		if wait := due.Sub(t.now); wait > 0 {
			return early(wait)
		}
		upto = t.notes[t.count()-1].Place
	}
	return t.look(ctx, upto)
}

// over reports whether the job has nothing left to do.
func (t *turn) over() bool { return len(t.notes) == 0 || t.notes[0].At.After(t.covers) }

// due returns when the next digest is due.
func (t *turn) due() time.Time {
	due := t.notes[0].At.Add(t.cfg.After)
	if next := time.UnixMilli(t.state.Told).Add(t.cfg.Every); t.state.Told > 0 && next.After(due) {
		return next
	}
	return due
}

// count returns how many notes have waited for long enough.
func (t *turn) count() (n int) {
	for n < len(t.notes) && !t.notes[n].At.Add(t.cfg.After).After(t.now) {
		n++
	}
	return n
}

// look looks at the noted messages up to a place, and returns those that are still worth telling.
func (t *turn) look(ctx context.Context, upto uint64) error {
	r, err := t.cfg.Facts.Reader(ctx, t.user)
	if err != nil {
		return err
	}
	a, err := t.store.Address(ctx, t.user)
	if err != nil {
		return err
	}
	if !r.On {
		return t.pass(ctx, t.last(upto))
	}
	if a.Mail == "" {
		t.note(post.Outcome{Result: push.Refused, Reason: "no_address"})
		return t.pass(ctx, upto)
	}
	var missed []wire.ChannelSeq
	for _, n := range t.notes {
		if n.Place <= upto {
			missed = append(missed, n.ChannelSeq)
		}
	}
	var found Found
	if len(missed) > 0 {
		found, err = t.cfg.Facts.Look(ctx, t.user, missed)
	}
	switch {
	case err != nil:
		return err
	case len(found.Missed) > 0:
		return t.send(ctx, upto, &r, a, found.Missed, len(missed) >= digests.MostMissed)
	case found.Until.After(t.now) && t.state.Begun == 0:
		return early(found.Until.Sub(t.now))
	}
	return t.pass(ctx, upto)
}

// last returns the place of the last note, or upto if that is further.
func (t *turn) last(upto uint64) uint64 {
	if n := len(t.notes); n > 0 {
		return max(upto, t.notes[n-1].Place)
	}
	return upto
}

// pass notes that there is nothing to tell up to a place.
func (t *turn) pass(ctx context.Context, upto uint64) error {
	t.state.Begun = upto
	return t.finish(ctx)
}

// drop gives a digest up that was begun.
func (t *turn) drop(ctx context.Context, o post.Outcome) error {
	t.note(o)
	t.state.Told = t.now.UnixMilli() // it may have been
	return t.finish(ctx)
}

// finish stores that the digest is over, and says when to look again, if ever.
func (t *turn) finish(ctx context.Context) error {
	hold := t.state.Hold
	t.state = t.state.Finished()
	if hold > t.now.Add(lease).UnixMilli() {
		t.state.Hold = hold
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	t.notes = slices.DeleteFunc(t.notes, func(n digests.Note) bool { return n.Place <= t.state.Upto })
	if t.over() {
		return nil
	}
	until, _ := t.state.Held(t.now)
	return early(max(t.due().Sub(t.now), until.Sub(t.now)))
}

// save stores the state.
func (t *turn) save(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	t.state, err = t.store.SetState(ctx, t.user, t.state)
	return err
}

// note tells the push log the result of a digest.
func (t *turn) note(o post.Outcome) {
	if t.cfg.Noted != nil {
		t.cfg.Noted(t.user, o)
	}
}
