package channel

import (
	"strings"
	"testing"

	"natterjack/server/wire"
)

const day = 24 * 60 * 60 * 1000

// TestClock_wasAhead has one event dated a day ahead, after which the clock is right again.
// Timestamps do not go back. Slow mode and invites count by the right clock.
func TestClock_wasAhead(t *testing.T) {
	r := slowRoom(t)
	secret, other := strings.Repeat("s", wire.MinSecretLen), strings.Repeat("t", wire.MinSecretLen)
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret), ExpiresS: 3600})
	right := r.now
	r.now += day
	r.must(t, "cem", say("ahead"))
	ahead := r.st.Active
	r.now = right + 1000
	if wait := r.wait(t, "cem"); wait != 0 {
		t.Errorf("cem waits %d ms for a message of tomorrow", wait)
	}
	r.must(t, "cem", say("right again"))
	if r.st.Active < ahead {
		t.Error("timestamps went back")
	}
	if wait := r.wait(t, "cem"); wait != 10_000 {
		t.Errorf("cem waits %d ms", wait)
	}
	r.now += 10_000
	r.must(t, "cem", say("and again"))
	r.must(t, "eve", wire.Join{Secret: secret})
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(other), ExpiresS: 60})
	if r.st.invite(hashOf(secret)) == nil {
		t.Error("an invite that is good is forgotten")
	}
	r.now += 61_000
	if _, err := r.try("fay", wire.Join{Secret: other}); err == nil {
		t.Error("an invite of a minute is good for longer")
	}
}
