package wire

import (
	"errors"
	"testing"
)

// TestZone knows zones by their names, and no zone of this machine.
func TestZone(t *testing.T) {
	for name, want := range map[string]string{"": "UTC", "UTC": "UTC", "Asia/Tokyo": "Asia/Tokyo", "Europe/Berlin": "Europe/Berlin"} {
		if zone, err := Zone(name); err != nil || zone.String() != want {
			t.Errorf("%q: %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{"Local", "Nowhere", "../../etc/passwd", "Asia"} {
		if zone, err := Zone(name); !errors.Is(err, &Error{Code: CodeInvalid}) {
			t.Errorf("%q: %v, %v", name, zone, err)
		}
	}
}
