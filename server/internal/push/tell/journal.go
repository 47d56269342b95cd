package tell

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"natterjack/jetstream/pushlog"
	"natterjack/server/internal/push/decide"
	"natterjack/server/wire"
)

const (
	// writeEvery is how often the push log is written.
	writeEvery = 2 * time.Second
	// maxNoted bounds the entries that wait to be written. Beyond that, entries are lost until
	// then.
	maxNoted = 50_000
)

// journal gathers entries of the push log, so that one write of the disk serves for many. Of
// messages in one channel that a user was not told of for one reason, it keeps the newest. Its
// methods may be called concurrently.
type journal struct {
	store  *pushlog.Store
	logger *slog.Logger

	mu    sync.Mutex // protects following
	noted map[userLog][]pushlog.Entry
	n     int
	lost  int
}

type userLog struct {
	user string
	told bool
}

func newJournal(store *pushlog.Store, logger *slog.Logger) *journal {
	return &journal{store: store, logger: logger, noted: map[userLog][]pushlog.Entry{}}
}

// note takes in an entry.
func (j *journal) note(user string, e pushlog.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := userLog{user, e.ID != ""}
	if !at.told {
		entries := j.noted[at]
		for i := range entries {
			if entries[i].Channel == e.Channel && entries[i].Verdict == e.Verdict && entries[i].Reason == e.Reason {
				entries[i] = e
				return
			}
		}
	}
	if j.n >= maxNoted {
		j.lost++
		return
	}
	j.noted[at] = append(j.noted[at], e)
	j.n++
}

// take returns the entries to write.
func (j *journal) take() (all []pushlog.Noted, lost int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for at, entries := range j.noted {
		all = append(all, pushlog.Noted{User: at.user, Told: at.told, Entries: entries})
	}
	lost = j.lost
	j.noted, j.n, j.lost = map[userLog][]pushlog.Entry{}, 0, 0
	return all, lost
}

// run writes until ctx ends, and then once more.
func (j *journal) run(ctx context.Context) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			j.write(ctx)
		case <-ctx.Done():
			j.write(context.WithoutCancel(ctx))
			return
		}
	}
}

func (j *journal) write(ctx context.Context) {
	all, lost := j.take()
	if len(all) == 0 {
		return
	}
	if err := j.store.Append(ctx, all); err != nil || lost > 0 {
		j.logger.WarnContext(ctx, "entries of the push log were lost", "users", len(all), "lost", lost, "error", err)
	}
}

// note notes an entry of a user's push log.
func (t *Teller) note(user string, e pushlog.Entry) {
	e.Timestamp = t.now().UnixMilli()
	t.journal.note(user, e)
}

// not returns the entry of a message of which a user is not told.
func not(channel string, seq uint64, reason string) pushlog.Entry {
	return pushlog.Entry{PushLogEntry: wire.PushLogEntry{Channel: channel, Seq: seq, Verdict: wire.PushNot, Reason: reason}}
}

// noteDecision notes a decision that is worth it. Users know what they have written themselves. A
// user who is looking is not told for some seconds only, and the decision after that is noted then.
func (t *Teller) noteDecision(user string, msg *message, d decide.Decision) {
	e := not(msg.id, msg.seq, string(d.Reason))
	switch {
	case d.Verdict == decide.Tell, d.Reason == decide.Own, d.Reason == decide.NotMember, d.Reason == decide.Active:
		return
	case d.Verdict == decide.Later:
		e.Verdict = wire.PushLater
	}
	t.note(user, e)
}
