package load

import "time"

// Window holds the acks and deliveries that a fleet saw of the messages that were sent, or due,
// within a period.
type Window struct {
	Acks   Samples // from sent or due to the sender's ack
	Ends   Samples // from sent or due to each socket but the sender's
	Acked  int     // acks that came within the period
	Heard  int     // deliveries within the period, to every socket
	Others int     // deliveries within the period, to every socket but the sender's
	Live   Live
}

// Collect reads the notes of a closed fleet.
func Collect(f *Fleet, from, to time.Duration) (w Window) {
	within := func(t time.Duration) bool { return t >= from && t < to }
	for _, s := range f.Sessions {
		w.Live.add(&s.live, within)
		for _, n := range s.notes {
			sent := f.Sessions[n.sender].sent[n.number]
			own := int(n.sender) == s.index
			switch {
			case n.kind == kindAck && within(sent):
				w.Acks = append(w.Acks, n.at-sent)
			case n.kind == kindMessage && !own && within(sent):
				w.Ends = append(w.Ends, n.at-sent)
			}
			if !within(n.at) {
				continue
			}
			switch {
			case n.kind == kindAck:
				w.Acked++
			case own:
				w.Heard++
			default:
				w.Heard++
				w.Others++
			}
		}
	}
	return w
}
