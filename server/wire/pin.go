package wire

// pinOperations are about pinned messages.
var pinOperations = []*Operation{
	change[Pin](),
	read[GetPins, Page](),
}

// Pin marks a message for everybody in the channel, or removes the mark. In a group, only
// admins and the owner may pin.
type Pin struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (Pin) Type() string { return "pin" }

// Validate implements [Command].
func (c Pin) Validate(Limits) error { return validTarget(c.Channel, c.Seq, c.ClientID) }

// Place implements [Change].
func (c Pin) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Pin) Key() string { return c.ClientID }

// GetPins asks for the pinned messages of a channel, the newest message first. With Before, it
// asks for those before that seq.
type GetPins struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
}

// Type implements [Command].
func (GetPins) Type() string { return "get_pins" }

// Validate implements [Command].
func (c GetPins) Validate(l Limits) error {
	return GetChannel{Ref: c.Ref, Seen: c.Seen, Channel: c.Channel}.Validate(l)
}
