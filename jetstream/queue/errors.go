package queue

import (
	"errors"
	"time"
)

// ErrFull is in the chain of the error for a job that the queue has no room for.
var ErrFull = errors.New("queue: there is no room for the job; try again later")

// ErrBefore is in the chain of the error for jobs that are not stored, because one of them was put
// before.
var ErrBefore = errors.New("queue: one of the jobs is in the queue already, or was")

// verdict is an error of a worker that says how the queue goes on with the job.
type verdict struct {
	error

	dead  bool
	after time.Duration
	all   bool // after holds for all jobs of the target
	early bool // nothing has failed
}

func (v *verdict) Unwrap() error { return v.error }

// Dead marks an error after which the job is not tried again.
func Dead(err error) error { return &verdict{error: err, dead: true} }

// After marks an error after which the job is tried again, and not before d has passed.
func After(d time.Duration, err error) error { return &verdict{error: err, after: d} }

// Hold marks an error like [After] does, for all jobs of the target: the target has said when it
// wants to be asked again.
func Hold(d time.Duration, err error) error { return &verdict{error: err, after: d, all: true} }

// Early says that a job is not to be finished before d has passed. Then it is done from its begin
// again. Nothing has failed: it is not counted as a try, nor against the target.
func Early(d time.Duration) error { return &verdict{error: errEarly, after: d, early: true} }

var errEarly = errors.New("queue: the job cannot be finished yet")

func verdictOf(err error) *verdict {
	if v, ok := errors.AsType[*verdict](err); ok {
		return v
	}
	return &verdict{error: err}
}
