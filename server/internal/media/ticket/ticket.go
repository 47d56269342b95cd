// Package ticket makes and opens tickets. A ticket tells every node the facts that one of them has
// found about an uploaded file, for a message that names the file. Its sender carries it from the
// node that has looked at the file to the node that takes the message. So a node asks no other node
// about the files of a message.
//
// A ticket is signed with a key that all nodes derive from storage's secret key. It is not secret:
// it tells its owner nothing that the owner does not know. It is worth something only in the hands
// of its owner, in one channel, and for a day at most. It is never stored.
package ticket

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"natterjack/server/wire"
)

// Label names the key of tickets among all keys that are derived from the same secret.
const Label = "natterjack media tickets 1"

// MaxBytes is the greatest length of a ticket. Longer ones are not even read.
const MaxBytes = 8 << 10

// Ticket is the content of a ticket.
type Ticket struct {
	Media   string `json:"media"`
	Owner   string `json:"owner"`
	Channel string `json:"channel"`
	Purpose string `json:"purpose,omitzero"`
	Expires int64  `json:"expires"` // Unix milliseconds
	// Revision is the revision of the upload's record. A node that knows it, and knows no ready
	// record, knows that the file was removed.
	Revision uint64         `json:"revision"`
	Facts    jsontext.Value `json:"facts"` // about the file
}

// Office issues and opens tickets. Its methods may be called concurrently.
type Office struct {
	key []byte
}

// New returns an office with a key that only the nodes of the cluster have.
func New(key []byte) *Office { return &Office{key: key} }

// Issue returns a signed ticket.
func (o *Office) Issue(t Ticket) (string, error) {
	said, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	text := encoding.EncodeToString(said)
	return text + separator + encoding.EncodeToString(o.sign(text)), nil
}

// Open returns the content of a ticket, if it is for this user in this channel and has not expired.
// An error is a [*wire.Error]. All tickets that are not the user's look the same.
func (o *Office) Open(user, channel, ticket string, now time.Time) (Ticket, error) {
	t, ok := o.read(ticket)
	switch {
	case !ok, t.Owner != user:
		return Ticket{}, wire.Errorf(wire.CodeInvalid, "ticket: is not a ticket of yours; take it from the answer to complete_upload")
	case t.Channel != channel:
		return Ticket{}, wire.Errorf(wire.CodeInvalid, "ticket: is for another channel; upload the file for this one")
	case now.UnixMilli() >= t.Expires:
		return Ticket{}, wire.Errorf(wire.CodeInvalid, "ticket: has expired; upload the file again")
	}
	return t, nil
}

// separator is in neither alphabet of base64.
const separator = "."

// encoding is strict, so that there is one spelling of a ticket, except for line breaks: even a
// strict encoding skips those.
var encoding = base64.RawURLEncoding.Strict()

// read returns the content of a ticket, if this office or one with its key has issued it.
func (o *Office) read(ticket string) (t Ticket, ok bool) {
	if len(ticket) > MaxBytes || strings.ContainsAny(ticket, "\r\n") {
		return t, false
	}
	text, signature, _ := strings.Cut(ticket, separator)
	signed, err := encoding.DecodeString(signature)
	if err != nil || !hmac.Equal(signed, o.sign(text)) {
		return t, false
	}
	said, err := encoding.DecodeString(text)
	return t, err == nil && json.Unmarshal(said, &t) == nil
}

func (o *Office) sign(text string) []byte {
	mac := hmac.New(sha256.New, o.key)
	_, _ = mac.Write([]byte(text)) // a hash never fails
	return mac.Sum(nil)
}
