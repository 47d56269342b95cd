package load

import (
	"bytes"
	"fmt"
)

// kind is the meaning of a frame from the server for the load.
type kind uint8

const (
	kindOther kind = iota
	kindAck
	kindMessage
	kindPing
	kindWelcome
	kindError
	kindDone
	kindReceipts
	kindTyping
	kindPresence
)

// heads lists how the frames of each kind begin: the type is the first member, and an event's
// kind the second. A send is the message that the bare relay passes on unchanged. Receipts,
// presence and done of these kinds have no ref: frames with a ref are replies.
var heads = []struct {
	head []byte
	kind kind
}{
	{[]byte(`{"type":"event","kind":"message"`), kindMessage},
	{[]byte(`{"type":"ack"`), kindAck},
	{[]byte(`{"type":"send"`), kindMessage},
	{[]byte(`{"type":"ping"`), kindPing},
	{[]byte(`{"type":"welcome"`), kindWelcome},
	{[]byte(`{"type":"error"`), kindError},
	{[]byte(`{"type":"done"}`), kindDone},
	{[]byte(`{"type":"receipts","channel"`), kindReceipts},
	{[]byte(`{"type":"typing"`), kindTyping},
	{[]byte(`{"type":"presence","users"`), kindPresence},
}

func kindOf(frame []byte) kind {
	for i := range heads {
		if bytes.HasPrefix(frame, heads[i].head) {
			return heads[i].kind
		}
	}
	return kindOther
}

// senderDigits and [numberDigits] are the widths of the two parts at the end of a client id:
// <run>-<sender>-<number>.
const senderDigits = 6

var (
	clientIDMember = []byte(`"client_id":"`)
	seqMember      = []byte(`"seq":`)
)

// identify returns the sender of the message that a frame concerns, and the number of the
// message.
func identify(frame []byte) (sender, number int, err error) {
	_, id, found := bytes.Cut(frame, clientIDMember)
	if !found {
		return 0, 0, fmt.Errorf("no client_id in %.200q", frame)
	}
	id, _, _ = bytes.Cut(id, []byte{'"'})
	tail := len(id) - senderDigits - 1 - numberDigits
	if tail < 0 || id[tail+senderDigits] != '-' {
		return 0, 0, fmt.Errorf("client_id %.64q is not of this load", id)
	}
	sender, okSender := digits(id[tail : tail+senderDigits])
	number, okNumber := digits(id[len(id)-numberDigits:])
	if !okSender || !okNumber {
		return 0, 0, fmt.Errorf("client_id %.64q is not of this load", id)
	}
	return sender, number, nil
}

// seqOf returns a frame's seq, or 0 if it has none.
func seqOf(frame []byte) (seq uint64) {
	_, rest, _ := bytes.Cut(frame, seqMember)
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		seq = 10*seq + uint64(c-'0')
	}
	return seq
}

var cursorHead = []byte(`{"user":"`)

// isOwn reports whether a frame of receipts concerns only the given user.
func isOwn(frame []byte, user string) bool {
	_, rest, found := bytes.Cut(frame, cursorHead)
	return found && bytes.HasPrefix(rest, []byte(user+`"`)) && !bytes.Contains(rest, cursorHead)
}

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// lines calls handle with each frame of a message.
func lines(message []byte, handle func(frame []byte) error) error {
	for len(message) > 0 {
		frame, rest, _ := bytes.Cut(message, []byte{'\n'})
		message = rest
		if len(frame) == 0 {
			continue
		}
		if err := handle(frame); err != nil {
			return err
		}
	}
	return nil
}

// CheckPage checks, without decoding it, that a reply is a page of n events which all have a
// seq.
func CheckPage(reply []byte, n int) error {
	if !bytes.HasPrefix(reply, []byte(`{"type":"page"`)) {
		return fmt.Errorf("not a page: %.300s", reply)
	}
	if got := bytes.Count(reply, []byte(`"kind":"message"`)); got != n {
		return fmt.Errorf("a page of %d messages, want %d", got, n)
	}
	return nil
}
