package wire

// historyOperations read messages.
var historyOperations = []*Operation{
	read[History, Page](),
	read[GetVersions, Versions](),
}

// History asks for one page of a channel's messages, in ascending order of seq: those before Before
// (exclusive), or after After (exclusive), or those around Around (inclusive, about as many on
// either side), or the latest ones if none is set. Because seq is dense, Before: Limit+1 gets the
// first page. A page of large messages ends early and says that there are more. With Changes the
// page also has the changes of the channel between its messages, see [Page].
type History struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Before  uint64 `json:"before,omitzero"`
	After   uint64 `json:"after,omitzero"`
	Around  uint64 `json:"around,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 if unset
	Changes bool   `json:"changes,omitzero"`
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
//
// Changes are the events of the kinds meta and pin that lie between the messages of the page, in
// the order in which they happened, if the command has asked for them. They are the changes that
// the user has seen live, or would have seen. An event belongs to the message that its last names,
// whether or not the user is shown that message: so pages that follow each other have each event
// once. A page with no more messages on a side has all events on that side. MoreChanges says that
// there were too many: older ones are left out.
type Page struct {
	Ref
	Channel     string  `json:"channel"`
	More        bool    `json:"more"`
	MoreAfter   bool    `json:"more_after,omitzero"`
	Events      []Event `json:"events"`
	Changes     []Event `json:"changes,omitzero"`
	MoreChanges bool    `json:"more_changes,omitzero"`
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
	Channel     string
	Events      [][]byte
	Changes     []RawChange
	More        bool
	MoreAfter   bool
	MoreChanges bool
	// Near is the number of the event that matters most: the first one if the events go on from a
	// place, the last one if they lead up to a place.
	Near int
	// Around says that More and MoreAfter are about either end.
	Around bool
}

// RawChange is an event that lies between the messages of a [RawPage].
type RawChange struct {
	Frame  []byte
	Behind int // the index of the last message before the event; -1 if there is none
}

// Type implements [Frame].
func (RawPage) Type() string { return "page" }

// Parts implements [Cut].
func (p RawPage) Parts() int { return len(p.Events) }

// Some implements [Cut]. It keeps the events that are nearest to the one that matters most, and the
// changes between those.
func (p RawPage) Some(n int) Frame {
	first := min(max(p.Near-n/2, 0), len(p.Events)-n)
	last := first + n
	if p.Around {
		p.More, p.MoreAfter = p.More || first > 0, p.MoreAfter || last < len(p.Events)
	} else {
		p.More = p.More || n < len(p.Events)
	}
	p.Changes = between(p.Changes, first, last, len(p.Events))
	p.Events, p.Near = p.Events[first:last], p.Near-first
	return p
}

// between returns the changes that belong to a page of which only the messages from first to last,
// exclusive, are left.
func between(all []RawChange, first, last, total int) (some []RawChange) {
	for _, c := range all {
		if (c.Behind >= first || first == 0) && (c.Behind < last || last == total) {
			some = append(some, RawChange{Frame: c.Frame, Behind: c.Behind - first})
		}
	}
	return some
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

// Versions answers get_versions with the first content of a message and the content of each edit. A
// deleted message has no versions. More says that there are further versions; a command with After
// asks for them.
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
