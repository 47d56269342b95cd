package digests

import (
	"context"
	"errors"
	"time"
)

// State is how far a user has been told. A user who never got a digest has the zero state.
type State struct {
	// Upto is the place of the last note that a digest has told, or that was not worth telling.
	Upto uint64 `json:"upto"`
	Told int64  `json:"told,omitzero"` // when the last digest was taken, Unix milliseconds
	Hold int64  `json:"hold,omitzero"` // before which nothing is tried, Unix milliseconds

	// A digest that was begun and is not finished:

	Begun  uint64 `json:"begun,omitzero"`  // the place of its last note; 0 for no digest
	Since  int64  `json:"since,omitzero"`  // when it was first tried since the server can be used, Unix milliseconds
	Tries  int    `json:"tries,omitzero"`  // that are known to have failed
	Unsure int    `json:"unsure,omitzero"` // that may have succeeded

	last uint64 // sequence of the record
}

// Finished returns the state after the digest that was begun is over, whether it was told or not.
func (s State) Finished() State { return State{Upto: s.Begun, Told: s.Told, last: s.last} }

// Held reports until when nothing is to be tried, if that is after a time.
func (s State) Held(now time.Time) (until time.Time, held bool) {
	until = time.UnixMilli(s.Hold)
	return until, now.Before(until)
}

// State reads how far a user has been told.
func (s *Store) State(ctx context.Context, user string) (st State, err error) {
	last, err := s.load(ctx, StateSubject(user), &st)
	if errors.Is(err, errUnreadable) {
		st, err = State{}, nil
	}
	st.last = last
	return st, err
}

// SetState writes how far a user has been told, and returns the state for the next write. The error
// is [ErrChanged] if another node has written since st was read.
func (s *Store) SetState(ctx context.Context, user string, st State) (State, error) {
	last, err := s.replace(ctx, StateSubject(user), st, st.last)
	if err != nil {
		return st, err
	}
	st.last = last
	return st, nil
}
