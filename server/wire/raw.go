package wire

// RawPage is a [Page] whose events are frames already, each as [AppendEvent] made it.
type RawPage struct {
	Ref
	Channel string
	Events  [][]byte
	More    bool
	Forward bool // the events follow on a place, and so the first of them matter most; else the last
}

// Type implements [Frame].
func (RawPage) Type() string { return "page" }

// Cut is a frame that has parts, of which a transport that carries no more may leave out some.
type Cut interface {
	Frame
	// Parts is how many there are.
	Parts() int
	// Some is the frame with n of its parts, those nearest to where it was asked to begin. It says that there are more.
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
