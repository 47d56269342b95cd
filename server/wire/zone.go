package wire

import "time"

// Zone returns the time zone of an IANA name, and UTC for no name. It refuses the zone of the
// machine, which means nothing to others. A program that uses it brings the zones: not every
// machine has them.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || zone == time.Local {
		return nil, Errorf(CodeInvalid, "zone: there is no time zone of this name; give an IANA name such as Europe/Berlin")
	}
	return zone, nil
}
