package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/minio/minio-go/v7"

	"natterjack/server/wire"
)

var (
	// ErrNotFound is in the chain of an error of code not_found: there is no such object, or no
	// such upload in parts.
	ErrNotFound = errors.New("not found")
	// ErrChanged is in the chain of an error if an object is not the one that was asked for: it
	// has another ETag, or there is an object where none may be.
	ErrChanged = errors.New("has changed")
	// ErrMismatch is in the chain of an error if an upload cannot be completed with the parts
	// that were named: one is missing, too small, or another one.
	ErrMismatch = errors.New("the parts do not fit")

	errNoBucket = errors.New("the bucket does not exist: make it, or set make_bucket")
)

// fault is an error that is storage's fault, or its operator's. Its text is for the log. The error
// for clients is in wire.
type fault struct {
	op    string
	cause error // never minio-go's: see scrub
	wire  *wire.Error
	down  bool // counts for the breaker
}

// Error implements error.
func (f *fault) Error() string { return "media storage: " + f.op + ": " + f.cause.Error() }

// Unwrap implements the interface of [errors.As] and [errors.Is].
func (f *fault) Unwrap() []error { return []error{f.wire, f.cause} }

func (f *fault) after(d time.Duration) *fault {
	f.wire = f.wire.After(d)
	return f
}

// down returns the error of a call that storage did not answer, or could not.
func down(op, cause string) *fault {
	f := unusable(op, errors.New(cause))
	f.down = true
	return f
}

// unusable returns the error of a call that storage refuses to this node.
func unusable(op string, cause error) *fault {
	e := wire.Errorf(wire.CodeUnavailable, "media storage cannot be used now; try again")
	return &fault{op: op, cause: cause, wire: e.After(trialEvery)}
}

func full(op, cause string) *fault {
	return &fault{op: op, cause: errors.New(cause), wire: wire.Errorf(wire.CodeStorageFull, "media storage is full; try again later")}
}

func notFound(op string) *fault {
	return &fault{op: op, cause: ErrNotFound, wire: wire.Errorf(wire.CodeNotFound, "the file is not in storage; it may have been removed")}
}

func internal(op, cause string) *fault {
	return &fault{op: op, cause: errors.New(cause), wire: wire.Errorf(wire.CodeInternal, "the server failed to do this; try again")}
}

func (s *Store) errSkewed(op string) *fault {
	by := time.Duration(s.transport.skew.Load()).Round(time.Second)
	return unusable(op, fmt.Errorf("the clocks of this node and of media storage differ by %v: set them right", by.Abs()))
}

// explain returns the meaning of an error of minio-go.
func (s *Store) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault](err); ok {
		return err // it was explained where it happened
	}
	r := minio.ToErrorResponse(err)
	if r.Code == "" {
		return s.network(op, err)
	}
	if known := s.code(op, r.Code); known != nil {
		return known
	}
	return s.status(op, r)
}

// code explains the codes of S3 that mean the same for all requests, or returns nil.
func (s *Store) code(op, code string) error {
	switch code {
	case "NoSuchKey", "NoSuchUpload", "NoSuchVersion":
		return notFound(op)
	case "PreconditionFailed", "ConditionalRequestConflict":
		return fmt.Errorf("media storage: %s: %w", op, ErrChanged)
	case "InvalidPart", "InvalidPartOrder", "InvalidParts", "EntityTooSmall", "EntityTooLarge":
		return fmt.Errorf("media storage: %s: %w", op, ErrMismatch)
	case "NoSuchBucket":
		return unusable(op, errNoBucket)
	case "RequestTimeTooSkewed", "RequestExpired":
		return s.errSkewed(op)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return unusable(op, fmt.Errorf("storage does not know the keys (%s): check access_key and secret_key", code))
	case "AuthorizationHeaderMalformed", "InvalidRegion":
		return unusable(op, fmt.Errorf("storage is in another region (%s): check region", code))
	case "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientCapacity":
		return full(op, code)
	default:
		return nil
	}
}

// status explains an answer by its status, if its code says too little. Answers to HEAD have no
// code.
func (s *Store) status(op string, r minio.ErrorResponse) error {
	cause := scrubText(r.Code)
	switch {
	case r.StatusCode == http.StatusForbidden && s.skewed():
		return s.errSkewed(op)
	case r.StatusCode == http.StatusForbidden:
		return unusable(op, fmt.Errorf("storage refuses (%s): check access_key and secret_key, and what they may do", cause))
	case r.StatusCode == http.StatusNotFound:
		return notFound(op)
	case r.StatusCode == http.StatusPreconditionFailed:
		return fmt.Errorf("media storage: %s: %w", op, ErrChanged)
	case r.StatusCode == http.StatusInsufficientStorage,
		r.StatusCode >= http.StatusInternalServerError && s.full(0):
		return full(op, cause)
	case r.StatusCode >= http.StatusInternalServerError, r.StatusCode == http.StatusTooManyRequests, r.StatusCode == http.StatusRequestTimeout:
		return down(op, "storage failed ("+cause+")")
	default:
		return internal(op, fmt.Sprintf("storage refuses (%s, status %d)", cause, r.StatusCode))
	}
}

// network explains an error without an answer.
func (s *Store) network(op string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return down(op, "did not end in time")
	}
	return down(op, scrub(err))
}

// scrub returns the cause of an error without URLs: their queries have signatures in them.
func scrub(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return scrubText(err.Error())
}

var aURL = regexp.MustCompile(`(?i)\bhttps?://\S+|\?\S*X-Amz-\S+`)

const maxCause = 300

func scrubText(s string) string {
	s = aURL.ReplaceAllString(s, "[URL]")
	return s[:min(len(s), maxCause)]
}
