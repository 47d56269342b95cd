package channel

import (
	"slices"

	"natterjack/server/wire"
)

// pin marks a message for everybody, or removes the mark.
func (a *act) pin(c wire.Pin) ([]wire.Record, error) {
	_, pinned := slices.BinarySearch(a.st.Pins, c.Seq)
	if pinned { // a message that the user may not see does not count as pinned
		var err error
		if pinned, err = a.sees(c.Seq); err != nil {
			return nil, err
		}
	}
	if !c.Remove {
		if err := a.mayPin(c.Seq, pinned); err != nil {
			return nil, err
		}
	}
	if pinned != c.Remove {
		return nil, nil
	}
	return a.event(wire.KindPin, wire.Record{Target: c.Seq, Remove: c.Remove}), nil
}

func (a *act) mayPin(seq uint64, pinned bool) error {
	m, err := a.message(seq)
	switch {
	case err != nil:
		return err
	case m == nil:
		return noMessage()
	case m.Deleted:
		return deleted()
	case !pinned && len(a.st.Pins) >= MaxPins:
		return tooMany("seq: pins of a channel", MaxPins)
	}
	return nil
}

// pinned returns the state's pins after one was set or removed. Deleting a message removes its
// pin too.
func (s *State) pinned(seq uint64, remove bool) []uint64 {
	at, found := slices.BinarySearch(s.Pins, seq)
	switch {
	case found && remove:
		return orNil(slices.Delete(slices.Clone(s.Pins), at, at+1))
	case !found && !remove:
		return slices.Insert(slices.Clone(s.Pins), at, seq)
	default:
		return s.Pins
	}
}
