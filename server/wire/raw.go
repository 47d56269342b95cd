package wire

// RawPage is a [Page] whose events are already frames, each built by [AppendEvent].
type RawPage struct {
	Ref
	Channel string
	Events  [][]byte
	More    bool
	// True if the events go on from a place, so that the first of them matter most. Otherwise
	// the last matter most.
	Forward bool
}

// Type implements [Frame].
func (RawPage) Type() string { return "page" }

// Cut is a frame that has parts. A transport with a size limit may leave out some of them.
type Cut interface {
	Frame
	// Parts returns the number of parts.
	Parts() int
	// Some returns the frame with n of its parts: those nearest to the requested start. The
	// frame says that there are more.
	Some(n int) Frame
}

// Parts implements [Cut].
func (p RawPage) Parts() int { return len(p.Events) }

// Some implements [Cut].
func (p RawPage) Some(n int) Frame {
	p.More = p.More || n < len(p.Events)
	if p.Forward {
		p.Events = p.Events[:n]
	} else {
		p.Events = p.Events[len(p.Events)-n:]
	}
	return p
}

// Parts implements [Cut].
func (c Channels) Parts() int { return len(c.Channels) }

// Some implements [Cut].
func (c Channels) Some(n int) Frame {
	c.More = c.More || n < len(c.Channels)
	c.Channels = c.Channels[:n]
	return c
}
