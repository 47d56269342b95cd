package index

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// inBackground is the name under which Bleve knows the function that takes the errors of its
// goroutines. Bleve says of which directory an error is.
const inBackground = "natterjack"

// opened are the indexes that are open, by the directories of their stores.
var opened sync.Map

func init() {
	scorch.RegistryAsyncErrorCallbacks[inBackground] = func(err error, dir string) {
		if x, ok := opened.Load(dir); ok {
			x.(*Index).failsInBackground(err) //nolint:forcetypeassert // nothing else is stored
		}
	}
}

// pauseAfterError keeps Bleve from repeating at once an action that has failed, such as a write to
// a full disk.
const pauseAfterError = 100 * time.Millisecond

// failsInBackground takes an error of a goroutine of Bleve. After a panic that goroutine has
// ended, and the index is of no use any more: most likely a merge has read a damaged segment.
func (x *Index) failsInBackground(err error) {
	if errors.Is(err, scorch.ErrAsyncPanic) {
		x.breaks(err)
		return
	}
	_ = x.examine(err) // the next caller is told
	select {
	case x.trouble <- err:
	default:
	}
	pause := time.NewTimer(pauseAfterError)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-x.stop:
	}
}

// breaks says that the index is of no use any more.
func (x *Index) breaks(why error) {
	x.fail.Do(func() {
		x.failure = fmt.Errorf("%w: %w", ErrDamaged, why)
		close(x.failed)
	})
}

// examineEvery is how often all files are read because of errors.
const examineEvery = time.Minute

// examine returns an error, as damage if it is: Bleve's errors do not tell a damaged segment
// from a full disk, but the checksums do.
func (x *Index) examine(err error) error {
	if err == nil || isOurs(err) {
		return err
	}
	now, last := time.Now().UnixNano(), x.examined.Load()
	if last != 0 && now-last < int64(examineEvery) || !x.examined.CompareAndSwap(last, now) {
		return err
	}
	v := x.acquire()
	if v == nil {
		return err
	}
	found := errors.Join(v.verify(nil, nil), v.Close())
	if found == nil {
		return err
	}
	x.breaks(fmt.Errorf("%w: %w", err, found))
	return x.failedWith()
}

// isOurs reports whether an error is no one of Bleve.
func isOurs(err error) bool {
	for _, known := range []error{ErrClosed, ErrDamaged, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// failedWith returns why the index is of no use any more, or nil.
func (x *Index) failedWith() error {
	select {
	case <-x.failed:
		return x.failure
	default:
		return nil
	}
}

// forceMerge has Bleve rewrite segments. Bleve does not notice that ctx has ended, or that its
// own goroutine has.
func (x *Index) forceMerge(ctx context.Context) error {
	merged := make(chan error, 1)
	x.merging.Go(func() { merged <- x.store.ForceMerge(ctx, rewrite()) })
	select {
	case err := <-merged:
		if err != nil {
			return fmt.Errorf("rewrite segments of the search index: %w", err)
		}
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-x.failed:
		return x.failure
	}
}
