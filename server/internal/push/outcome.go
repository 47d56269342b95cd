package push

import (
	"net/http"
	"strconv"
	"time"

	"natterjack/server/internal/guard"
)

// Result says how to go on after a try.
type Result string

// The results.
const (
	// Sent says that the receiver has taken the notification.
	Sent Result = "sent"
	// Gone says that the target is no more, and is to be forgotten.
	Gone Result = "gone"
	// Again says that a later try may succeed.
	Again Result = "again"
	// Refused says that no try of this notification will succeed. The target stays.
	Refused Result = "refused"
)

// Outcome is the result of a try, with its reason.
type Outcome struct {
	Result Result
	// Reason is a stable word for logs and counters, without secrets.
	Reason string
	// After is how long the receiver wants to be left alone, by all notifications to it. Zero is
	// as long as the sender likes.
	After time.Duration
	// Bare says that the receiver has got the notification without its texts.
	Bare bool
}

// The reasons that all senders share. Others are status_NNN, for an answer that has no better
// word, and those of [guard.Reason].
const (
	ReasonSent      = "sent"
	ReasonGone      = "gone"
	ReasonExpired   = "expired"
	ReasonTooLarge  = "too_large"
	ReasonTooFast   = "too_fast"
	ReasonRedirect  = "redirect"
	ReasonTarget    = "malformed_target"
	ReasonMalformed = "malformed_notification"
	ReasonSigning   = "not_signed"
)

// Fitting tries to send a notification. If that is too large, it tries once more, without the
// texts.
func Fitting(n Notification, try func(n Notification) Outcome) Outcome {
	o := try(n)
	if o.Reason != ReasonTooLarge {
		return o
	}
	o = try(n.Bare())
	o.Bare = o.Result == Sent
	return o
}

// maxAfter bounds how long a receiver can ask to be left alone.
const maxAfter = 24 * time.Hour

// Failed returns the outcome of a request that got no answer.
func Failed(err error) Outcome {
	reason := guard.Reason(err)
	if reason == "refused_address" {
		return Outcome{Result: Refused, Reason: reason}
	}
	return Outcome{Result: Again, Reason: reason}
}

// Answered returns the outcome of a request that got an answer, by the answer's status: the rules
// that Web Push and webhooks share. Only 404 and 410 say that a target is gone.
func Answered(a Answer, now time.Time) Outcome {
	status := "status_" + strconv.Itoa(a.Code)
	switch code := a.Code; {
	case code >= 200 && code < 300:
		return Outcome{Result: Sent, Reason: ReasonSent}
	case code >= 300 && code < 400:
		return Outcome{Result: Refused, Reason: ReasonRedirect}
	case code == http.StatusNotFound || code == http.StatusGone:
		return Outcome{Result: Gone, Reason: ReasonGone}
	case code == http.StatusRequestEntityTooLarge:
		return Outcome{Result: Refused, Reason: ReasonTooLarge}
	case code == http.StatusTooManyRequests:
		return Outcome{Result: Again, Reason: ReasonTooFast, After: RetryAfter(a.Header, now)}
	case code == http.StatusRequestTimeout || code == http.StatusTooEarly || code >= 500:
		return Outcome{Result: Again, Reason: status, After: RetryAfter(a.Header, now)}
	default:
		return Outcome{Result: Refused, Reason: status}
	}
}

// RetryAfter reads how long a receiver wants to be left alone (RFC 9110, section 10.2.3): in
// seconds, or until a date. It is zero if the header says nothing that can be read.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxAfter)
	}
	return 0
}
