package push

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
)

// Kind is the kind of a notification.
type Kind string

// The kinds of notifications.
const (
	KindMessage Kind = "message"
	KindMention Kind = "mention" // a message that mentions the user
	KindTest    Kind = "test"    // the user has asked for it, to see whether it comes
)

// Notification is the text and the facts that a user is told about one event. Title and Body are as
// the user's privacy allows, in the user's language.
type Notification struct {
	// ID is the same in each try, so that a receiver can tell that it has it already.
	ID      string
	Kind    Kind
	Channel string
	Seq     uint64
	Title   string
	Body    string
	Badge   int // how many messages the user has not read, in all channels
	// Collapse is shared by notifications of which a newer one replaces the older: usually the
	// channel. An empty one replaces nothing.
	Collapse string
	Urgent   bool      // worth waking a device for
	Expires  time.Time // when it is not worth telling any more
}

// Bare returns the notification without its texts, for a receiver that takes no larger one. The
// rest is enough to fetch the message.
func (n Notification) Bare() Notification {
	n.Title, n.Body = "", ""
	return n
}

// payload is the form in which applications get a notification.
type payload struct {
	Version int    `json:"v"`
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Channel string `json:"channel,omitzero"`
	Seq     uint64 `json:"seq,omitzero"`
	Title   string `json:"title,omitzero"`
	Body    string `json:"body,omitzero"`
	Badge   int    `json:"badge"`
}

// Payload returns the notification in JSON, as applications get it.
func (n Notification) Payload() ([]byte, error) {
	return json.Marshal(payload{1, n.ID, n.Kind, n.Channel, n.Seq, n.Title, n.Body, n.Badge}, json.Deterministic(true))
}

// Target is a place where a user wants to be told. All of it is secret.
type Target struct {
	// Address is the URL of an endpoint, or the token of a device.
	Address string
	// Key is a subscription's public key (Web Push), or the secret that signs (webhook).
	Key []byte
	// Auth is a subscription's authentication secret (Web Push).
	Auth []byte
	// Registered is when the device has last confirmed its token (APNs).
	Registered time.Time
}

// String keeps a target out of logs.
func (Target) String() string { return "(target)" }

// GoString keeps a target out of logs.
func (Target) GoString() string { return "(target)" }

// Sender tells users by one way. Send tries once, and its time is bounded even if ctx is not.
type Sender interface {
	Send(ctx context.Context, t Target, n Notification) Outcome
}
