package wire

// historyOperations read messages.
var historyOperations = []*Operation{
	read[History, Page](),
	read[GetVersions, Versions](),
}

// History asks for one page of a channel's messages, in ascending order of seq: those before
// Before (exclusive), or after After (exclusive), or those around Around (inclusive, about as many
// on either side), or the latest ones if none is set. Because seq is dense, Before: Limit+1 gets
// the first page. A page of large messages ends early and says that there are more.
type History struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
	After   uint64 `json:"after,omitzero"`
	Around  uint64 `json:"around,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 if unset
}

// Type implements [Command].
func (History) Type() string { return "history" }

// Validate implements [Command].
func (h History) Validate(l Limits) error {
	if err := h.validSeen(); err != nil {
		return err
	}
	switch {
	case !ValidChannel(h.Channel):
		return invalidChannel()
	case h.Before != 0 && h.After != 0 || h.Around != 0 && h.Before+h.After != 0:
		return Errorf(CodeInvalid, "before, after, around: set at most one of them")
	}
	return validLimit(h.Limit, l)
}

// Page answers history and get_pins. More says that there are further messages in the requested
// direction. Of a page around a message, More is about the messages before the page, and MoreAfter
// about those after it.
type Page struct {
	Ref
	Channel   string  `json:"channel"`
	More      bool    `json:"more"`
	MoreAfter bool    `json:"more_after,omitzero"`
	Events    []Event `json:"events"`
}

// Type implements [Frame].
func (Page) Type() string { return "page" }

// Parts implements [Cut].
func (p Page) Parts() int { return len(p.Events) }

// Some implements [Cut]. It keeps the first events: pins are read from the newest message on.
func (p Page) Some(n int) Frame {
	p.More = p.More || n < len(p.Events)
	p.Events = p.Events[:n]
	return p
}

// RawPage is a [Page] whose events are already frames, each built by [AppendEvent].
type RawPage struct {
	Ref
	Channel   string
	Events    [][]byte
	More      bool
	MoreAfter bool
	// Near is the number of the event that matters most: the first one if the events go on from a
	// place, the last one if they lead up to a place.
	Near int
	// Around says that More and MoreAfter are about either end.
	Around bool
}

// Type implements [Frame].
func (RawPage) Type() string { return "page" }

// Parts implements [Cut].
func (p RawPage) Parts() int { return len(p.Events) }

// Some implements [Cut]. It keeps the events that are nearest to the one that matters most.
func (p RawPage) Some(n int) Frame {
	first := min(max(p.Near-n/2, 0), len(p.Events)-n)
	last := first + n
	if p.Around {
		p.More, p.MoreAfter = p.More || first > 0, p.MoreAfter || last < len(p.Events)
	} else {
		p.More = p.More || n < len(p.Events)
	}
	p.Events, p.Near = p.Events[first:last], p.Near-first
	return p
}

// GetVersions asks for all versions of a message, original and edits, except the first After of
// them.
type GetVersions struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
	After   int    `json:"after,omitzero"`
}

// Type implements [Command].
func (GetVersions) Type() string { return "get_versions" }

// Validate implements [Command].
func (c GetVersions) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if c.After < 0 {
		return Errorf(CodeInvalid, "after: must not be negative")
	}
	return validTarget(c.Channel, c.Seq, "")
}

// Versions answers get_versions with the first content of a message and that of each edit. A
// deleted message has no versions. More says that there are further versions; a command with
// After asks for them.
type Versions struct {
	Ref
	Channel  string           `json:"channel"`
	Seq      uint64           `json:"seq"`
	More     bool             `json:"more"`
	Versions []MessageVersion `json:"versions"`
}

// Type implements [Frame].
func (Versions) Type() string { return "versions" }

// Parts implements [Cut].
func (v Versions) Parts() int { return len(v.Versions) }

// Some implements [Cut].
func (v Versions) Some(n int) Frame {
	v.More = v.More || n < len(v.Versions)
	v.Versions = v.Versions[:n]
	return v
}

// MessageVersion is the content of a message from some time on.
type MessageVersion struct {
	Timestamp int64   `json:"timestamp"` // Unix milliseconds
	Content   Content `json:"content"`
}
