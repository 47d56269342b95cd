package digests

import (
	"context"
	"errors"
	"time"
)

// renewAfter is how old an address is when it is written again though it has not changed. So a
// token costs a read, and seldom a write.
const renewAfter = 7 * 24 * time.Hour

// Address is where a user gets mail. It is private.
type Address struct {
	Mail     string `json:"mail"`
	Language string `json:"language,omitzero"` // such as ja or en-GB; empty if it is not known
	At       int64  `json:"at"`                // when the identity provider last told it, Unix milliseconds
}

// String keeps an address out of logs.
func (Address) String() string { return "(address)" }

// GoString keeps an address out of logs.
func (Address) GoString() string { return "(address)" }

// Address returns the address of a user. It is empty if none is known.
func (s *Store) Address(ctx context.Context, user string) (a Address, err error) {
	_, err = s.load(ctx, AddressSubject(user), &a)
	return a, err
}

// Learn stores the address that the identity provider has told just now. An empty one takes the
// known one away.
func (s *Store) Learn(ctx context.Context, user string, a Address) error {
	for {
		var known Address
		last, err := s.load(ctx, AddressSubject(user), &known)
		if err != nil && !errors.Is(err, errUnreadable) {
			return err
		}
		now := time.Now()
		same := err == nil && known.Mail == a.Mail && known.Language == a.Language
		if same && (a.Mail == "" || now.Sub(time.UnixMilli(known.At)) < renewAfter) {
			return nil
		}
		a.At = now.UnixMilli()
		if _, err = s.replace(ctx, AddressSubject(user), a, last); !errors.Is(err, ErrChanged) {
			return err
		}
	}
}
