package wire

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// Limits of push.
const (
	MaxSubscriptions   = 20   // of a user
	MaxPushIDLen       = 64   // bytes
	MinPushIDLen       = 22   // bytes: 128 random bits in base64url
	MaxPushAddressLen  = 2048 // bytes
	MaxPushKeyLen      = 128  // bytes
	MaxPushLabelLen    = 64   // characters
	MaxPushLanguageLen = 35   // bytes
	MaxPushLog         = 100  // entries that one command asks for
)

// pushOperations are about telling users of messages who are not looking.
var pushOperations = []*Operation{
	change[SubscribePush](),
	change[UnsubscribePush](),
	read[GetPush, Push](),
	Row[TestPush, PushTested](ByAnybody, ForCommit), // it waits for a third party, and must not take the places of reads
	read[GetPushLog, PushLog](),
}

// SubscribePush asks to tell the caller of messages at an address: by a browser's push service, by
// a mobile device, or by calling a URL. The client chooses the id for the device, and the same id
// renews the subscription: clients give the command at each start, because push services change
// addresses. An address that another id of the caller has moves to this id.
//
// Before a client renews, it asks get_push. If an id that the server had is not in the reply, the
// user has ended the subscription on another device: the client does not renew it, and takes a new
// id when its user wants to be told there again.
//
// The event is a setting push/ID in the caller's own channel. Its value is the [PushDevice]. No
// event, page or reply ever has the address, the key or the secret again.
//
// The command is refused if the server does not tell by that kind, or may not ask that URL.
type SubscribePush struct {
	Ref
	ID string `json:"id"` // 22 to 64 characters of a-z, A-Z, 0-9, '_' and '-', chosen at random
	PushDevice
	PushTarget
	ClientID string `json:"client_id,omitzero"`
}

// PushDevice is the part of a subscription that the user's other devices see. In the own channel's
// events, it is the JSON that is the value of the setting push/ID.
type PushDevice struct {
	Kind     PushKind `json:"kind"`
	Label    string   `json:"label,omitzero"`    // by which the user knows the device
	Language string   `json:"language,omitzero"` // in which to tell, such as ja or en-GB
}

// Value returns the device as the value of a setting.
func (d PushDevice) Value() string {
	value, err := json.Marshal(d, json.Deterministic(true))
	if err != nil {
		return "{}" // a text that is not UTF-8, which is refused before
	}
	return string(value)
}

// ParsePushDevice returns the device of which a value of a setting push/ID tells.
func ParsePushDevice(value string) (d PushDevice, err error) {
	return d, json.Unmarshal([]byte(value), &d)
}

// PushTarget is the address at which a user is told, with its keys. All of it is secret: anybody
// who has it can send the user notifications.
type PushTarget struct {
	// Address is the URL of the endpoint or webhook, or the token of the device.
	Address string `json:"address"`
	// Key is p256dh of a browser's subscription, in base64url, or the secret that signs a webhook
	// (whsec_ and base64). Devices have none.
	Key string `json:"key,omitzero"`
	// Auth is auth of a browser's subscription, in base64url.
	Auth string `json:"auth,omitzero"`
}

// String keeps a target out of logs.
func (PushTarget) String() string { return "(push target)" }

// GoString keeps a target out of logs.
func (PushTarget) GoString() string { return "(push target)" }

// String keeps the command's secrets out of logs.
func (c SubscribePush) String() string { return "(subscribe_push)" }

// GoString keeps the command's secrets out of logs.
func (c SubscribePush) GoString() string { return "(subscribe_push)" }

// PushKind is a way of telling.
type PushKind string

// The ways of telling.
const (
	PushWeb     PushKind = "web"     // Web Push: browsers, and applications with UnifiedPush
	PushFCM     PushKind = "fcm"     // Android devices
	PushAPNs    PushKind = "apns"    // Apple devices
	PushWebhook PushKind = "webhook" // the URL of a service, signed as Standard Webhooks has it
)

// UnsubscribePush ends a subscription. It is no error if there is none.
type UnsubscribePush struct {
	Ref
	ID string `json:"id"`
	// Version says that the address is gone, unless a later event has renewed the subscription: the
	// version of the event by which it was set. The user is told there no more until the device
	// renews it, and get_push has it until then. Without a version, the subscription ends.
	Version  uint64 `json:"version,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// GetPush asks how this server tells absent users, and where it tells the caller.
type GetPush struct {
	Ref
	Seen
}

// Push answers get_push.
type Push struct {
	Ref
	On bool `json:"on"` // whether the server tells by any kind
	// Reason says why the server does not tell browsers, or does not tell at all.
	Reason PushReason `json:"reason,omitzero"`
	// Key is the server's public key (VAPID) in base64url, which browsers want as
	// applicationServerKey. A subscription that was made with another key is of no use.
	Key   string     `json:"key,omitzero"`
	Kinds []PushKind `json:"kinds"`
	// Content is the most that a notification says on this server: full, sender or none.
	Content       PushContent        `json:"content"`
	Subscriptions []PushSubscription `json:"subscriptions"`
	// Mail says whether the caller can have a digest by mail of missed messages, by the setting
	// notify/mail. It is empty on a server that sends none.
	Mail PushMail `json:"mail,omitzero"`
}

// PushMail says whether a user can have a digest by mail.
type PushMail string

// Whether a user can have a digest by mail.
const (
	PushMailReady     PushMail = "ready"
	PushMailNoAddress PushMail = "no_address" // the identity provider has told no verified address
)

// PushReason says why a server does not tell.
type PushReason string

// Why a server does not tell.
const (
	PushIsOff       PushReason = "off"           // its operator has turned it off
	PushNoPublicURL PushReason = "no_public_url" // push services want to know how to reach the operator
	PushNoKey       PushReason = "no_key"        // the log was made by an early version, and has no key
)

// PushContent is how much a notification says.
type PushContent string

// How much a notification says.
const (
	PushFull   PushContent = "full"   // the sender and the text
	PushSender PushContent = "sender" // the sender, and not the text
	PushNone   PushContent = "none"   // that there is something
)

// PushSubscription is one of the caller's subscriptions.
type PushSubscription struct {
	ID string `json:"id"`
	PushDevice
	Since   int64     `json:"since"`           // Unix milliseconds
	Renewed int64     `json:"renewed"`         // Unix milliseconds
	Version uint64    `json:"version"`         // of the event that has renewed it
	State   PushState `json:"state"`           // whether the last try came through
	Reason  string    `json:"reason,omitzero"` // of a state that is not ok: a stable word
	Told    int64     `json:"told,omitzero"`   // when the last notification was taken, Unix milliseconds
}

// PushState says whether telling works.
type PushState string

// Whether telling works.
const (
	PushOK      PushState = "ok"      // as far as is known
	PushFailing PushState = "failing" // the last try failed; later ones may succeed
	PushGone    PushState = "gone"    // the address is known no more, or unused; the device may renew it
)

// TestPush sends a test notification to a device of the caller, and waits up to 10 seconds for the
// receiver's answer. A user may do so a few times a minute.
type TestPush struct {
	Ref
	ID string `json:"id"`
}

// PushTested answers test_push. The receiver has taken the notification if the result is sent.
// Whether the device shows it, only its user sees.
type PushTested struct {
	Ref
	Result PushResult `json:"result"`
	Reason string     `json:"reason"` // a stable word, such as timeout, status_403 or refused_address
}

// PushResult is the result of telling a device.
type PushResult string

// The results of telling a device.
const (
	PushSent    PushResult = "sent"
	PushLost    PushResult = "gone"    // the receiver does not know the address any more
	PushAgain   PushResult = "again"   // a later try may succeed
	PushRefused PushResult = "refused" // this notification will never be taken
)

// GetPushLog asks of which messages the caller was told, of which not, and why. The newest come
// first. Before is the pos of the last entry of the reply before, or 0.
type GetPushLog struct {
	Ref
	Before  uint64 `json:"before,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 unless set
	Channel string `json:"channel,omitzero"`
}

// PushLog answers get_push_log. Entries are kept for 7 days, and of each user only the newest.
type PushLog struct {
	Ref
	Entries []PushLogEntry `json:"entries"`
	More    bool           `json:"more"`
}

// PushLogEntry is a decision about a message, or the result of telling one device of it.
type PushLogEntry struct {
	Pos       uint64      `json:"pos"`       // descending
	Timestamp int64       `json:"timestamp"` // Unix milliseconds
	Channel   string      `json:"channel,omitzero"`
	Seq       uint64      `json:"seq,omitzero"`
	Verdict   PushVerdict `json:"verdict"`
	Reason    string      `json:"reason"`          // a stable word, such as mention, muted or quiet
	ID        string      `json:"id,omitzero"`     // of the subscription, on entries about one; "mail" on those about a digest
	Result    PushResult  `json:"result,omitzero"` // likewise
}

// PushVerdict says whether a user is told of a message.
type PushVerdict string

// Whether a user is told of a message.
const (
	PushTold  PushVerdict = "told"
	PushLater PushVerdict = "later"
	PushNot   PushVerdict = "not"
)

// Type implements [Command].
func (SubscribePush) Type() string { return "subscribe_push" }

// Type implements [Command].
func (UnsubscribePush) Type() string { return "unsubscribe_push" }

// Type implements [Command].
func (GetPush) Type() string { return "get_push" }

// Type implements [Frame].
func (Push) Type() string { return "push" }

// Type implements [Command].
func (TestPush) Type() string { return "test_push" }

// Type implements [Frame].
func (PushTested) Type() string { return "push_tested" }

// Type implements [Command].
func (GetPushLog) Type() string { return "get_push_log" }

// Type implements [Frame].
func (PushLog) Type() string { return "push_log" }

// Place implements [Change].
func (c SubscribePush) Place(user string) string { return OwnChannel(user) }

// Key implements [Change]. The key of the subscription is in its target.
func (c SubscribePush) Key() string { return c.ClientID }

// Place implements [Change].
func (c UnsubscribePush) Place(user string) string { return OwnChannel(user) }

// Key implements [Change].
func (c UnsubscribePush) Key() string { return c.ClientID }

// Validate implements [Command].
func (c SubscribePush) Validate(Limits) error {
	switch {
	case c.ClientID != "" && !ValidClientID(c.ClientID):
		return invalidClientID()
	case !validPushID(c.ID):
		return invalidPushID()
	}
	if err := c.PushDevice.valid(); err != nil {
		return err
	}
	return c.PushTarget.valid(c.Kind)
}

func (d *PushDevice) valid() error {
	switch {
	case !validPushKind(d.Kind):
		return Errorf(CodeInvalid, "kind: must be web, fcm, apns or webhook")
	case d.Language != "" && !validLanguage(d.Language):
		return Errorf(CodeInvalid, "language: must be a language tag such as ja or en-GB, of at most %d characters", MaxPushLanguageLen)
	case !utf8.ValidString(d.Label) || strings.ContainsFunc(d.Label, forbiddenInName) || utf8.RuneCountInString(d.Label) > MaxPushLabelLen:
		return Errorf(CodeInvalid, "label: must be one line of UTF-8 of at most %d characters", MaxPushLabelLen)
	}
	return nil
}

// valid checks the form of a target. Errors do not quote it.
func (t *PushTarget) valid(kind PushKind) error {
	switch {
	case t.Address == "" || len(t.Address) > MaxPushAddressLen || !all(t.Address, visible):
		return Errorf(CodeInvalid, "address: must have 1 to %d visible ASCII characters", MaxPushAddressLen)
	case len(t.Key) > MaxPushKeyLen || !all(t.Key, visible):
		return Errorf(CodeInvalid, "key: must have at most %d visible ASCII characters", MaxPushKeyLen)
	case len(t.Auth) > MaxPushKeyLen || !all(t.Auth, visible):
		return Errorf(CodeInvalid, "auth: must have at most %d visible ASCII characters", MaxPushKeyLen)
	case (kind == PushWeb || kind == PushWebhook) != (t.Key != ""):
		return Errorf(CodeInvalid, "key: the kinds web and webhook need one, and other kinds must not have one")
	case (kind == PushWeb) != (t.Auth != ""):
		return Errorf(CodeInvalid, "auth: the kind web needs one, and other kinds must not have one")
	}
	return nil
}

// Validate implements [Command].
func (c UnsubscribePush) Validate(Limits) error {
	switch {
	case c.ClientID != "" && !ValidClientID(c.ClientID):
		return invalidClientID()
	case !validPushID(c.ID):
		return invalidPushID()
	}
	return nil
}

// Validate implements [Command].
func (c GetPush) Validate(Limits) error { return c.validSeen() }

// Validate implements [Command].
func (c TestPush) Validate(Limits) error {
	if !validPushID(c.ID) {
		return invalidPushID()
	}
	return nil
}

// Validate implements [Command].
func (c GetPushLog) Validate(Limits) error {
	switch {
	case c.Channel != "" && !ValidChannel(c.Channel):
		return invalidChannel()
	case c.Limit < 0 || c.Limit > MaxPushLog:
		return Errorf(CodeInvalid, "limit: must be 1 to %d", MaxPushLog)
	}
	return nil
}

func validPushID(id string) bool {
	return len(id) >= MinPushIDLen && len(id) <= MaxPushIDLen && all(id, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	})
}

func validPushKind(kind PushKind) bool {
	switch kind {
	case PushWeb, PushFCM, PushAPNs, PushWebhook:
		return true
	}
	return false
}

// validLanguage reports whether a tag has the form of BCP 47, as far as it matters here.
func validLanguage(tag string) bool {
	for part := range strings.SplitSeq(tag, "-") {
		if part == "" || len(part) > 8 || !all(part, func(c byte) bool {
			return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		}) {
			return false
		}
	}
	return len(tag) <= MaxPushLanguageLen
}

func visible(c byte) bool { return c > ' ' && c <= '~' }

func invalidPushID() *Error {
	return Errorf(CodeInvalid, "id: must be %d to %d characters of a-z, A-Z, 0-9, '_' and '-', chosen at random by the client for the device",
		MinPushIDLen, MaxPushIDLen)
}
