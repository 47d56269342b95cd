package natter

import (
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestRoute_retryAfter shows that a wait asked for by one server does not delay the attempt at
// another.
func TestRoute_retryAfter(t *testing.T) {
	const asked = time.Minute
	refused := wire.Errorf(wire.CodeUnavailable, "this node is stopping").After(asked)
	for _, test := range []struct {
		urls  []string
		waits []bool
	}{
		{[]string{"a"}, []bool{true, true, true}},
		{[]string{"a", "b"}, []bool{false, true, false, true}},
		{[]string{"a", "b", "c"}, []bool{false, false, true, false, false, true}},
	} {
		o := Options{URLs: test.urls}.withDefaults()
		r := newRoute(&o)
		for i, want := range test.waits {
			if wait := r.failed(refused, 0); (wait >= asked) != want {
				t.Errorf("%d servers: waits %v after failure %d", len(test.urls), wait, i+1)
			}
		}
	}
}
