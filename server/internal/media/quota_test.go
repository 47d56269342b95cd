package media

import (
	"context"
	"testing"

	"natterjack/server/wire"
)

// endless tells when the files of a user are counted, and does not come to an end with that.
type endless struct {
	Uses

	begun, end chan struct{}
}

// UsedByUser implements [Uses].
func (e *endless) UsedByUser(user string) (int64, error) {
	if user == "alice" {
		close(e.begun)
		<-e.end
	}
	return e.Uses.UsedByUser(user)
}

// TestMedia_quotaInTurn reserves room for a user while the files of another one are counted, which
// may take long.
func TestMedia_quotaInTurn(t *testing.T) {
	e := &endless{begun: make(chan struct{}), end: make(chan struct{})}
	n := newWorld(t).node(t, func(c *Config) { e.Uses, c.Uses = c.Uses, e })
	counted := make(chan error)
	run(t, func(context.Context) error {
		_, err := n.table.Answer(t.Context(), caller("alice"), reserving([]byte("hers"), "x"))
		counted <- err
		return nil
	})
	<-e.begun
	must[wire.Upload](t, n, "bob", reserving([]byte("his"), "x"))
	close(e.end)
	if err := <-counted; err != nil {
		t.Error(err)
	}
	if left := len(n.claims.turns) + len(n.claims.of); left > 0 {
		t.Errorf("%d claims and turns are left", left)
	}
}

// TestMedia_quotaCountsOnce reserves room while the record of another file is stored already, and
// its claim is not released yet. The other file takes its room once.
func TestMedia_quotaCountsOnce(t *testing.T) {
	n := newWorld(t).node(t, func(c *Config) { c.Limits = Limits{UserBytes: 10, ChannelBytes: 10} })
	other := must[wire.Upload](t, n, "alice", reserving([]byte("these"), "x"))
	n.claims.add("alice", "alice~bob", other.Media, 5)
	defer n.claims.remove("alice", "alice~bob", other.Media)
	n.claims.add("alice", "alice~bob", "about to be stored", 2)
	_, err := ask[wire.Upload](t, n, "alice", reserving([]byte("more"), "x"))
	refuses(t, "more than there is room for", err, wire.CodeQuota)
	must[wire.Upload](t, n, "alice", reserving([]byte("few"), "x"))
}
