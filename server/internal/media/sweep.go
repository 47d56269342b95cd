package media

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

const (
	sweepEvery = 10 * time.Minute
	// compareEvery is how often all files in storage are compared with the files of messages.
	compareEvery = 24 * time.Hour
	// grace is how long things are left alone after their end: clocks differ, and work that was
	// begun in the last moment takes its time.
	grace = time.Hour
	// orphaned is how old an object must be before it can count as unused. A ticket is valid for
	// less.
	orphaned = room + grace
	// page is how many files of messages are looked up at once.
	page = 1000
)

// sweeper deletes the objects and records that uploads have left behind. One node of the cluster
// sweeps.
type sweeper struct {
	storage Storage
	records *uploads.Records
	uses    Uses
	sweeps  func() bool
	links   time.Duration // how long a link of an upload is good
	logger  *slog.Logger

	compared time.Time       // when everything was compared last
	suspects map[string]bool // files that no message had in the last comparison
}

// swept counts the things that a sweep has deleted, and the files that it has missed.
type swept struct {
	records, uploads, orphans int
	missing                   int // files that messages have and storage does not
}

// run sweeps from time to time until ctx ends.
func (s *sweeper) run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.once(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "the sweep of uploads ended early; the next sweep goes on", "error", err)
		}
	}
}

// once sweeps, if this node is the one that does.
func (s *sweeper) once(ctx context.Context, now time.Time) error {
	if idle := !s.sweeps() || s.storage.Err() != nil; idle {
		return nil
	}
	var n swept
	err := errors.Join(s.sweepRecords(ctx, now, &n), s.sweepUploads(ctx, now, &n))
	if now.Sub(s.compared) >= compareEvery {
		err = errors.Join(err, s.compare(ctx, now, &n))
	}
	if n != (swept{}) {
		s.logger.InfoContext(ctx, "removed old uploads", "expired", n.records, "abandoned", n.uploads, "orphans", n.orphans, "missing", n.missing)
	}
	return err
}

// sweepRecords deletes expired records, and their objects. The record goes first: from then on the
// file can only be reserved anew.
func (s *sweeper) sweepRecords(ctx context.Context, now time.Time, n *swept) error {
	var errs []error
	for _, r := range s.records.All() {
		if r.Live(now.Add(-grace)) {
			continue
		}
		if !s.sweeps() || ctx.Err() != nil {
			break
		}
		err := s.expire(ctx, r)
		if errors.Is(err, uploads.ErrChanged) { // it was reserved anew
			continue
		}
		if errs = append(errs, err); err == nil {
			n.records++
		}
	}
	return errors.Join(errs...)
}

func (s *sweeper) expire(ctx context.Context, r *uploads.Record) error {
	sent, err := s.uses.Referenced(r.Media)
	if err != nil {
		return err
	}
	if r.Multipart != "" { // before the record, which alone knows of it
		if err := s.storage.AbortMultipart(ctx, uploadKey(r.Media), r.Multipart); err != nil {
			return err
		}
	}
	if err := s.records.Delete(ctx, r); err != nil {
		return err
	}
	if err := s.storage.Remove(ctx, uploadKey(r.Media)); err != nil || sent {
		return err
	}
	return removeAll(ctx, s.storage, r.Media)
}

// removeAll removes all objects of a file.
func removeAll(ctx context.Context, from objects, media string) error {
	var keys []string
	for o, err := range from.List(ctx, storedPrefix(media)) {
		if err != nil {
			return err
		}
		keys = append(keys, o.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	return from.Remove(ctx, keys...)
}

// sweepUploads removes uploads of which no record tells. It also removes the rest of uploads that
// are over, once none of their links is good any more.
func (s *sweeper) sweepUploads(ctx context.Context, now time.Time, n *swept) error {
	for o, err := range s.storage.List(ctx, uploadKey("")) {
		if err != nil {
			return err
		}
		r := s.records.Of(strings.TrimPrefix(o.Key, uploadKey("")))
		useless := r == nil && s.old(&o, now) || r != nil && r.State != uploads.Reserved && now.Sub(o.Modified) >= s.links+sweepEvery
		if !useless {
			continue
		}
		if !s.sweeps() {
			return nil
		}
		if err := s.storage.Remove(ctx, o.Key); err != nil {
			return err
		}
		n.uploads++
	}
	return nil
}

func (s *sweeper) old(o *store.Object, now time.Time) bool { return now.Sub(o.Modified) >= orphaned }

// compare compares the files in storage with the files of messages, both in the order of ids. A
// file that no message has is removed only if that was so the last time, too. A file of a message
// that is not stored is only counted: it cannot be brought back.
func (s *sweeper) compare(ctx context.Context, now time.Time, n *swept) error {
	named := &walk{uses: s.uses, missing: func(media string) error {
		there, err := exists(ctx, s.storage, storedKey(media, wire.RenditionOriginal)) // it may be newer than the list
		if !there && err == nil {
			n.missing++
		}
		return err
	}}
	suspects := map[string]bool{}
	done := func(file *stored) error {
		has, err := named.upTo(file.media)
		if err != nil || has || file.media == "" {
			return err
		}
		if !file.old || s.records.Of(file.media) != nil {
			return nil
		}
		suspects[file.media] = true
		if !s.suspects[file.media] || !s.sweeps() {
			return nil
		}
		n.orphans++
		return removeAll(ctx, s.storage, file.media)
	}
	var file stored
	for o, err := range s.storage.List(ctx, storedRoot) {
		if err != nil {
			return err
		}
		media, _, _ := strings.Cut(strings.TrimPrefix(o.Key, storedRoot), "/")
		if media != file.media {
			if err := done(&file); err != nil {
				return err
			}
			file = stored{media: media, old: true}
		}
		file.old = file.old && s.old(&o, now)
	}
	if err := errors.Join(done(&file), named.rest()); err != nil {
		return err
	}
	s.compared, s.suspects = now, suspects
	if n.missing > 0 {
		s.logger.ErrorContext(ctx, "files of messages are missing in storage: it has lost them, or is not the storage that the node had before", "files", n.missing)
	}
	return nil
}

// stored is a file that has objects.
type stored struct {
	media string
	old   bool // all of them are
}

// walk goes through the files that messages have, in the order of their ids.
type walk struct {
	uses    Uses
	missing func(media string) error // is called with each id that is passed over
	some    []string
	last    string
	end     bool
}

// next returns the next id without passing it, or nothing at the end.
func (w *walk) next() (string, error) {
	if len(w.some) == 0 && !w.end {
		var err error
		if w.some, err = w.uses.MediaAfter(w.last, page); err != nil {
			return "", err
		}
		w.end = len(w.some) == 0
	}
	if w.end {
		return "", nil
	}
	return w.some[0], nil
}

func (w *walk) pass() { w.last, w.some = w.some[0], w.some[1:] }

// upTo passes all ids up to one, and reports whether that is among them.
func (w *walk) upTo(media string) (bool, error) {
	for {
		id, err := w.next()
		switch {
		case err != nil || id == "" || id > media:
			return false, err
		case id == media:
			w.pass()
			return true, nil
		}
		w.pass()
		if err := w.missing(id); err != nil {
			return false, err
		}
	}
}

// rest passes all ids that are left.
func (w *walk) rest() error {
	_, err := w.upTo(afterAll)
	return err
}

// afterAll comes after every id.
const afterAll = "~"
