package wire

import "strconv"

// The largest numbers of places and channels in one command.
const (
	MaxReceived = 100 // cursors
	MaxWatched  = 20  // channels: as many as fit on a screen
)

// receiptOperations are about how far users have read and received.
var receiptOperations = []*Operation{
	read[Read, Done](),
	read[Received, Done](),
	read[GetReceipts, Receipts](),
	Row[Watch, Done](BySessions, ForRead),
}

// Read says that the caller has read a channel up to and including a message. The message then
// counts as received too. Sending a message says the same of that message, so a sender need not
// say read. A seq that is not above the known one changes nothing. A seq above
// the channel's last one counts as the last one; a server that is behind waits until it knows
// the last one. Done is sent before the place is stored: a server that crashes may forget the
// last moment, so a client tells its places again when it reconnects. If the place could not be
// stored, the answer is not done but storage_full or unavailable.
type Read struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
}

// Type implements [Command].
func (Read) Type() string { return "read" }

// Validate implements [Command].
func (r Read) Validate(Limits) error {
	if err := r.validSeen(); err != nil {
		return err
	}
	return validPlace("", ChannelSeq{r.Channel, r.Seq})
}

// Received says up to which message a device of the caller has received, in up to 100 channels.
// The rules of [Read] hold for it too.
type Received struct {
	Ref
	Seen
	Cursors []ChannelSeq `json:"cursors"`
}

// Type implements [Command].
func (Received) Type() string { return "received" }

// Validate implements [Command].
func (r Received) Validate(Limits) error {
	if err := r.validSeen(); err != nil {
		return err
	}
	if len(r.Cursors) == 0 || len(r.Cursors) > MaxReceived {
		return Errorf(CodeInvalid, "cursors: must have 1 to %d entries", MaxReceived)
	}
	for i, c := range r.Cursors {
		if err := validPlace("cursors."+strconv.Itoa(i)+".", c); err != nil {
			return err
		}
	}
	return nil
}

// ChannelSeq is a place in a channel.
type ChannelSeq struct {
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
}

// Watch names the channels on the caller's screen, at most 20. It replaces the channels named
// before. Frequent changes in a group, which matter only to users who look at the group, are
// sent only for watched groups. It ends with the session.
type Watch struct {
	Ref
	Channels []string `json:"channels"`
}

// Type implements [Command].
func (Watch) Type() string { return "watch" }

// Validate implements [Command].
func (w Watch) Validate(Limits) error {
	if len(w.Channels) > MaxWatched {
		return Errorf(CodeInvalid, "channels: must have at most %d entries", MaxWatched)
	}
	for i, channel := range w.Channels {
		if !ValidChannel(channel) {
			return Errorf(CodeInvalid, "channels.%d: is not the id of a channel", i)
		}
	}
	return nil
}

// GetReceipts asks how far each member of a channel has read and received.
type GetReceipts struct {
	Ref
	Seen
	Channel string `json:"channel"`
}

// Type implements [Command].
func (GetReceipts) Type() string { return "get_receipts" }

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

// Receipts tells how far members of a channel have read and received. It answers get_receipts
// with all members whose place is known. The server also sends it by itself, with the members
// who have moved: always in direct channels, and in groups while they are watched. It does so
// at most once a second for all channels together, and at once when the caller has read on
// another of the caller's own devices. Cursors never go back on one connection. If a client
// knows a higher cursor from another connection, the higher one holds.
type Receipts struct {
	Ref
	Channel string    `json:"channel"`
	Cursors []Receipt `json:"cursors"`
}

// Type implements [Frame].
func (Receipts) Type() string { return "receipts" }

// Receipt tells how far a member has read and received. A member who turned off
// privacy/receipts shows no read place, and is shown none.
type Receipt struct {
	User      string `json:"user"`
	Read      uint64 `json:"read,omitzero"`      // seq of the last message read
	Delivered uint64 `json:"delivered,omitzero"` // seq of the last message received
}

// validPlace returns an error if a place whose members are below a prefix is wrong.
func validPlace(prefix string, c ChannelSeq) error {
	switch {
	case !ValidChannel(c.Channel):
		return Errorf(CodeInvalid, "%schannel: is not the id of a channel", prefix)
	case c.Seq == 0:
		return Errorf(CodeInvalid, "%sseq: is missing; set it to the number of the message", prefix)
	}
	return nil
}
