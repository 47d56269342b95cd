package channel

import (
	"strings"
	"testing"

	"natterjack/server/wire"
)

const day = 24 * 60 * 60 * 1000

// TestClock_wasAhead has one event dated a day ahead, after which the clock is right again.
// Timestamps, slow mode and invites are right from the next event on.
func TestClock_wasAhead(t *testing.T) {
	r := slowRoom(t)
	secret, other := strings.Repeat("s", wire.MinSecretLen), strings.Repeat("t", wire.MinSecretLen)
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(secret), ExpiresS: 3600})
	right := r.now
	r.now += day
	r.must(t, "cem", say("ahead"))
	r.now = right + 1000
	if wait := r.wait(t, "cem"); wait != 0 {
		t.Errorf("cem waits %d ms for a message of tomorrow", wait)
	}
	r.must(t, "cem", say("right again"))
	if last := r.log[len(r.log)-1]; last.Timestamp != r.now || r.st.Active != r.now || last.Seq != 2 {
		t.Errorf("message %d is dated %d and the channel %d, want %d", last.Seq, last.Timestamp, r.st.Active, r.now)
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

// TestClock_invitesMadeAhead makes invites while the clock is a day ahead. Invites of before stay
// good, and those of that time are good for as long as they should have been, even a day later.
func TestClock_invitesMadeAhead(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	before, ahead := strings.Repeat("s", wire.MinSecretLen), strings.Repeat("t", wire.MinSecretLen)
	r.must(t, "ann", wire.CreateGroup{Name: "toads"}, wire.CreateInvite{Hash: hashOf(before), ExpiresS: 3600})
	right := r.now
	r.now += day
	r.must(t, "ann", wire.CreateInvite{Hash: hashOf(ahead), ExpiresS: 60})
	wrong := uint64(len(r.log))
	r.now = right + 1000
	found := r.now
	r.dated = func(pos uint64, at int64) int64 {
		if pos <= wrong {
			return min(at, found)
		}
		return at
	}
	r.must(t, "eve", wire.Join{Secret: before})
	r.must(t, "fay", wire.Join{Secret: ahead})
	if open := r.st.Open(r.now, r.dated); len(open) != 2 || open[0].Expires+open[1].Expires != right+3600_000+found+60_000 {
		t.Errorf("invites %+v at %d", open, r.now)
	}
	for _, r.now = range []int64{found + 60_000, right + day + 30_000} {
		if _, err := r.try("gus", wire.Join{Secret: ahead}); err == nil {
			t.Errorf("an invite of a minute is good %d s after the clock is right", (r.now-found)/1000)
		}
	}
}

// TestClock_smallDifference has two writers whose clocks differ by less than is tolerated. The
// times of a channel do not go back then.
func TestClock_smallDifference(t *testing.T) {
	r := slowRoom(t)
	r.must(t, "ann", say("1"))
	at := r.st.Active
	r.now -= Skew
	r.must(t, "ann", say("2"))
	if r.st.Active != at {
		t.Errorf("the time goes from %d to %d", at, r.st.Active)
	}
}
