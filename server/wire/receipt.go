package wire

import "strconv"

// Bounds of what one command names.
const (
	MaxReceived = 100 // cursors
	MaxWatched  = 20  // channels: what fits on a screen
)

// receiptOperations are about how far users have got.
var receiptOperations = []*Operation{
	read[Read, Done](),
	read[Received, Done](),
	read[GetReceipts, Receipts](),
	Row[Watch, Done](BySessions, ForRead),
}

// Read says that the caller has read a channel up to and including a message, which he has then received too. A seq that is
// not above what is known changes nothing, and one above the channel's last is taken for that one; a server that is behind waits until it knows
// which that is. Done comes before it is stored: a server that dies may forget the last moment, so a client says where it stands again
// when it reconnects. What could not be stored is not done: storage_full, or unavailable.
type Read struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
}

// Received says up to which message a device of the caller has got, in up to 100 channels. What holds for [Read] holds for it.
type Received struct {
	Ref
	Seen
	Cursors []ChannelSeq `json:"cursors"`
}

// ChannelSeq is a place in a channel.
type ChannelSeq struct {
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
}

// Watch says which channels are on the screen, at most 20, in place of what was said before. What moves all the time in
// a group, and is of interest only to who looks at it, is sent for these alone. It ends with the session.
type Watch struct {
	Ref
	Channels []string `json:"channels"`
}

// GetReceipts asks how far each member of a channel has got.
type GetReceipts struct {
	Ref
	Seen
	Channel string `json:"channel"`
}

// Done answers a command of which there is nothing else to say.
type Done struct {
	Ref
}

// Receipts says how far members of a channel have got: it answers get_receipts with all of whom something is known, and comes by
// itself with those who have moved: of direct channels always, of groups while they are watched, at most once a second for
// all channels together, and at once when the user has read on another of his own devices. Cursors never go back on one connection; where a
// client knows a higher one from another, that one holds.
type Receipts struct {
	Ref
	Channel string    `json:"channel"`
	Cursors []Receipt `json:"cursors"`
}

// Receipt is how far a member has got. Who keeps to himself what he has read shows no read, and is shown none.
type Receipt struct {
	User      string `json:"user"`
	Read      uint64 `json:"read,omitzero"`      // seq of the last message read
	Delivered uint64 `json:"delivered,omitzero"` // seq of the last message received
}

// Validate implements [Command].
func (r Read) Validate(Limits) error {
	if err := r.validSeen(); err != nil {
		return err
	}
	return validPlace("", ChannelSeq{r.Channel, r.Seq})
}

// Validate implements [Command].
func (r Received) Validate(Limits) error {
	if err := r.validSeen(); err != nil {
		return err
	}
	if len(r.Cursors) == 0 || len(r.Cursors) > MaxReceived {
		return Errorf(CodeInvalid, "cursors: 1 to %d", MaxReceived)
	}
	for i, c := range r.Cursors {
		if err := validPlace("cursors."+strconv.Itoa(i)+".", c); err != nil {
			return err
		}
	}
	return nil
}

// Validate implements [Command].
func (w Watch) Validate(Limits) error {
	if len(w.Channels) > MaxWatched {
		return Errorf(CodeInvalid, "channels: at most %d", MaxWatched)
	}
	for i, ch := range w.Channels {
		if !ValidChannel(ch) {
			return Errorf(CodeInvalid, "channels.%d: is not the id of a channel", i)
		}
	}
	return nil
}

// Validate implements [Command].
func (g GetReceipts) Validate(Limits) error {
	if err := g.validSeen(); err != nil {
		return err
	}
	if !ValidChannel(g.Channel) {
		return invalidChannel()
	}
	return nil
}

// validPlace says what is wrong with a place whose members are below a prefix.
func validPlace(prefix string, c ChannelSeq) error {
	switch {
	case !ValidChannel(c.Channel):
		return Errorf(CodeInvalid, "%schannel: is not the id of a channel", prefix)
	case c.Seq == 0:
		return Errorf(CodeInvalid, "%sseq: is missing; it is the number of the message", prefix)
	}
	return nil
}

// Type implements [Command].
func (Read) Type() string { return "read" }

// Type implements [Command].
func (Received) Type() string { return "received" }

// Type implements [Command].
func (Watch) Type() string { return "watch" }

// Type implements [Command].
func (GetReceipts) Type() string { return "get_receipts" }

// Type implements [Frame].
func (Done) Type() string { return "done" }

// Type implements [Frame].
func (Receipts) Type() string { return "receipts" }
