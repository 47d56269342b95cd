package media

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/wire"
)

const (
	// maxJobs bounds the files that are taken in or wait for it, on a node.
	maxJobs = 256
	// maxUserJobs bounds the jobs of one user, so that no user keeps all others waiting.
	maxUserJobs = 8
	// patience is how long a command waits for its file. It holds one of the few places of its
	// session meanwhile, so a longer wait would keep the session's other commands waiting.
	patience = 3 * time.Second
	// tryAfter is when a client is to ask again. The work goes on meanwhile.
	tryAfter = 250 * time.Millisecond
)

// intake takes files in, a few at a time, so that chat keeps its processors and the disk its
// room. Large files have a place of their own: the small ones do not wait for them. Its methods
// may be called concurrently.
type intake struct {
	taker        *taker
	small, large *semaphore.Weighted

	mu     sync.Mutex // protects the following
	jobs   map[string]*job
	users  map[string]int  // how many jobs each user has
	ctx    context.Context //nolint:containedctx // of run, which owns the jobs
	wait   sync.WaitGroup
	closed bool
}

// job is the work on one file.
type job struct {
	done chan struct{} // closed at the end
	err  error         // after done
}

func newIntake(t *taker) *intake {
	return &intake{
		taker: t, jobs: map[string]*job{}, users: map[string]int{}, closed: true,
		small: semaphore.NewWeighted(int64(max(1, runtime.NumCPU()/2))), large: semaphore.NewWeighted(1),
	}
}

// run lets jobs begin until ctx ends, and then waits for the jobs that have begun.
func (in *intake) run(ctx context.Context) {
	in.mu.Lock()
	in.ctx, in.closed = ctx, false
	in.mu.Unlock()
	<-ctx.Done()
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.wait.Wait()
}

// join returns the work on a file, which begins if it has not begun. It returns nil if there is
// too much work, of this user or of all.
func (in *intake) join(r *uploads.Record, say spoken) *job {
	in.mu.Lock()
	defer in.mu.Unlock()
	j := in.jobs[r.Media]
	if j != nil || in.closed || len(in.jobs) >= maxJobs || in.users[r.User] >= maxUserJobs {
		return j
	}
	j = &job{done: make(chan struct{})}
	in.jobs[r.Media] = j
	user := r.User
	in.users[user]++
	ctx := in.ctx
	in.wait.Go(func() {
		j.err = in.do(ctx, r, say)
		in.mu.Lock()
		delete(in.jobs, r.Media)
		if in.users[user]--; in.users[user] == 0 {
			delete(in.users, user)
		}
		in.mu.Unlock()
		close(j.done)
	})
	return j
}

func (in *intake) do(ctx context.Context, r *uploads.Record, say spoken) error {
	place := in.small
	if r.Size > wholeUpTo {
		place = in.large
	}
	if err := place.Acquire(ctx, 1); err != nil {
		return busy()
	}
	defer place.Release(1)
	return in.taker.take(ctx, r, say)
}

func busy() error {
	return wire.Errorf(wire.CodeUnavailable, "the file is still being checked; ask again").After(tryAfter)
}

// complete answers complete_upload. The work on the file goes on if the client does not wait.
func (m *Media) complete(ctx context.Context, c operation.Caller, cmd wire.CompleteUpload) (wire.Attached, error) {
	if m.storage.Err() != nil {
		return wire.Attached{}, away()
	}
	r, err := m.own(ctx, c.User, cmd.Media)
	if err != nil {
		return wire.Attached{}, err
	}
	if r.State == uploads.Ready {
		return m.completed(ctx, r)
	}
	j := m.intake.join(r, spoken{cmd.Voice, cmd.Waveform})
	if j == nil {
		return wire.Attached{}, busy()
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-j.done:
	case <-timer.C:
		return wire.Attached{}, busy()
	case <-ctx.Done():
		return wire.Attached{}, ctx.Err()
	}
	if j.err != nil {
		return wire.Attached{}, j.err
	}
	if r, err = m.own(ctx, c.User, cmd.Media); err != nil {
		return wire.Attached{}, err
	}
	if r.State != uploads.Ready { // a copy of the bucket that lags has answered
		return wire.Attached{}, busy()
	}
	return m.completed(ctx, r)
}

// completed answers for a file that is ready.
func (m *Media) completed(ctx context.Context, r *uploads.Record) (wire.Attached, error) {
	there, err := m.isStored(ctx, r)
	switch {
	case err != nil:
		return wire.Attached{}, err
	case !there:
		return wire.Attached{}, wire.Errorf(wire.CodeInvalid, "media: storage has lost the file; upload it again")
	}
	return m.attach(r)
}
