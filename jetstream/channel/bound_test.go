package channel

import (
	"testing"

	"github.com/google/uuid"
)

func TestBound(t *testing.T) {
	plain := uuid.Must(uuid.NewV7())
	id := uuid.UUID(Bind(plain, "alice~bob"))
	if id.Version() != 8 || id.Variant() != uuid.RFC4122 || id.String()[:13] != plain.String()[:13] {
		t.Errorf("%s was made of %s", id, plain)
	}
	if err := Bound(id.String(), "alice~bob"); err != nil {
		t.Errorf("in its own channel: %v", err)
	}
	for _, other := range []string{"alice~carol", "alice~bo", "", "g36x5bjssevja7ol3pdwylxad"} {
		if Bound(id.String(), other) == nil {
			t.Errorf("%s counts in %q", id, other)
		}
	}
	for _, old := range []string{"", "x", "1", plain.String(), uuid.NewString()} {
		if err := Bound(old, "alice~bob"); err != nil {
			t.Errorf("an id of another kind, %q: %v", old, err)
		}
	}
}
