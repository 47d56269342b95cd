package jetstream

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// looked collects the keys that a log looks for in its view.
type looked struct {
	mu   sync.Mutex
	keys []string
}

func (l *looked) at(key []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = append(l.keys, string(bytes.Clone(key)))
}

// take returns the keys so far that name a channel, with another name in its place.
func (l *looked) take(ch string) (keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.keys {
		if strings.Contains(key, ch) {
			keys = append(keys, strings.ReplaceAll(key, ch, "CHANNEL"))
		}
	}
	l.keys = nil
	return keys
}

// TestOutsiders_nothingIsLookedUp has a user who is not a member give every command to a channel
// that exists, and to one that does not. The answers are the same, and so are the keys that are
// looked for. None of these is a key of the channel.
func TestOutsiders_nothingIsLookedUp(t *testing.T) {
	var looks looked
	dir, node := t.TempDir(), embedtest.Start(t, embedtest.NoSync)
	begin := func() (l *Log, stop func()) {
		l = buildWith(t, Config{Replicas: 1, Shards: 1, Limits: hurried(), looks: looks.at}, node, dir)
		stop = run(t, l)
		<-l.Ready()
		return l, stop
	}
	l, stop := begin()
	group := toads(t, l)
	mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secretOf("s"))})
	mustSend(t, l, "own", text("ann", "1", "hi"))
	pairs := [][2]string{{group, channel.GroupID("own", "none")}, {"ann~own", "ann~eel"}, {wire.OwnChannel("own"), wire.OwnChannel("eel")}}
	mustSend(t, l, "own", wire.Set{Name: "client/x", Value: "1"})
	outsiders(t, l, &looks, pairs) // the channels that exist are in memory
	stop()
	l, _ = begin()
	outsiders(t, l, &looks, pairs) // and now they are not
}

func outsiders(t *testing.T, l *Log, looks *looked, pairs [][2]string) {
	t.Helper()
	for _, pair := range pairs {
		for i, cmd := range everyCommand() {
			var answers [2]string
			var keys [2][]string
			for n, ch := range pair {
				looks.take(ch)
				answers[n] = strings.ReplaceAll(answerToOutsider(t, l, cmd(ch)), ch, "CHANNEL")
				keys[n] = looks.take(ch)
			}
			if answers[0] != answers[1] {
				t.Errorf("%T %d to %s: %s, and to one that does not exist: %s", cmd(""), i, pair[0], answers[0], answers[1])
			}
			if diff := cmp.Diff(keys[0], keys[1]); diff != "" {
				t.Errorf("%T %d to %s looks for other keys than to one that does not exist:\n%s", cmd(""), i, pair[0], diff)
			}
			for _, key := range keys[0] {
				if view.OfChannel([]byte(key)) {
					t.Errorf("%T %d to %s looks for %q", cmd(""), i, pair[0], key)
				}
			}
		}
	}
}

// answerToOutsider returns an answer to an outsider as text.
func answerToOutsider(t *testing.T, l *Log, cmd wire.Command) string {
	t.Helper()
	if change, ok := cmd.(wire.Change); ok {
		ack, err := l.Change(t.Context(), "out", change)
		return fmt.Sprint(ack, err)
	}
	answer, err := l.Answer(t.Context(), "out", cmd)
	if err == nil && cmd.Type() != (wire.Received{}).Type() {
		t.Errorf("%s: an outsider is answered %+v", cmd.Type(), answer)
	}
	return fmt.Sprint(answer, err)
}

// everyCommand returns commands to a channel, with a client id and without.
func everyCommand() []func(ch string) wire.Command {
	name := "n"
	return []func(ch string) wire.Command{
		func(ch string) wire.Command { return in(ch, "c1", "x") },
		func(ch string) wire.Command { return wire.Edit{Channel: ch, Seq: 1, Content: wire.Content{Text: "x"}} },
		func(ch string) wire.Command { return wire.Delete{Channel: ch, Seq: 1, ClientID: "c2"} },
		func(ch string) wire.Command { return wire.React{Channel: ch, Seq: 1, Emoji: "x"} },
		func(ch string) wire.Command { return wire.Pin{Channel: ch, Seq: 1} },
		func(ch string) wire.Command { return wire.UpdateChannel{Channel: ch, Name: &name} },
		func(ch string) wire.Command { return wire.AddMembers{Channel: ch, Members: []string{"out"}} },
		func(ch string) wire.Command { return wire.RemoveMember{Channel: ch, User: "ann"} },
		func(ch string) wire.Command { return wire.Unban{Channel: ch, User: "out"} },
		func(ch string) wire.Command { return wire.SetRole{Channel: ch, User: "out", Role: wire.RoleOwner} },
		func(ch string) wire.Command { return wire.Leave{Channel: ch} },
		func(ch string) wire.Command {
			return wire.CreateInvite{Channel: ch, Hash: channel.SecretHash("x"), ClientID: "c3"}
		},
		func(ch string) wire.Command { return wire.RevokeInvite{Channel: ch, Hash: channel.SecretHash("x")} },
		func(ch string) wire.Command { return wire.Join{Channel: ch, Secret: secretOf("x")} },
		func(ch string) wire.Command { return wire.Join{Channel: ch, Secret: secretOf("x"), ClientID: "c4"} },
		func(ch string) wire.Command { return wire.DeleteChannel{Channel: ch} },
		func(ch string) wire.Command { return wire.History{Channel: ch} },
		func(ch string) wire.Command { return wire.GetChannel{Channel: ch} },
		func(ch string) wire.Command { return wire.GetPins{Channel: ch} },
		func(ch string) wire.Command { return wire.GetVersions{Channel: ch, Seq: 1} },
		func(ch string) wire.Command { return wire.GetReactions{Channel: ch, Seq: 1} },
		func(ch string) wire.Command { return wire.GetReceipts{Channel: ch} },
		func(ch string) wire.Command { return wire.Read{Channel: ch, Seq: 1} },
		func(ch string) wire.Command {
			return wire.Received{Cursors: []wire.ChannelSeq{{Channel: ch, Seq: 1}}}
		},
		func(ch string) wire.Command {
			return wire.Forward{From: wire.ChannelSeq{Channel: ch, Seq: 1}, To: "eve", ClientID: "c5"}
		},
		func(ch string) wire.Command {
			return wire.Forward{From: wire.ChannelSeq{Channel: "out~out", Seq: 1}, Channel: ch, ClientID: "c6"}
		},
	}
}

// TestOutsiders_mayNotType shows the same for typing.
func TestOutsiders_mayNotType(t *testing.T) {
	l := alone(t)
	group := toads(t, l)
	for _, ch := range []string{group, channel.GroupID("own", "none"), "ann~own"} {
		if err := l.MayType(t.Context(), "out", ch); !errors.Is(err, channel.Forbidden()) || l.Member("out", ch) {
			t.Errorf("%s: %v", ch, err)
		}
	}
	if err := l.MayType(t.Context(), "ann", group); err != nil || !l.Member("ann", group) {
		t.Errorf("a member: %v", err)
	}
}

// TestJoin_againAnswersTheSame shows that a user who waits to be let in gets the ack of their
// request, however often they ask again, and whatever happens in the group.
func TestJoin_againAnswersTheSame(t *testing.T) {
	dir, node := t.TempDir(), embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, dir, 1)
	group := toads(t, l)
	secret := secretOf("s")
	mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secret), Approval: true})
	join := func(id string) wire.Join { return wire.Join{Channel: group, Secret: secret, ClientID: id} }

	acks, ids := make([]wire.Ack, 20), make([]string, 20)
	var answered sync.WaitGroup
	for i := range acks { // many at once, so that some come in one round
		if ids[i] = fmt.Sprint("j", i); i%4 == 3 {
			ids[i] = ""
		}
		answered.Add(1)
		l.Submit("bob", join(ids[i]), func(ack wire.Ack, err error) {
			defer answered.Done()
			if acks[i] = ack; err != nil {
				t.Error(err)
			}
		})
	}
	answered.Wait()
	same := func(what, id string, ack wire.Ack) {
		t.Helper()
		want := acks[0]
		want.ClientID = id
		if diff := cmp.Diff(want, ack); diff != "" {
			t.Errorf("%s (-first +again):\n%s", what, diff)
		}
	}
	for i := range acks {
		same("at once", ids[i], acks[i])
	}
	mustSend(t, l, "own", in(group, "c3", "three"))
	same("after a message", "k", mustSend(t, l, "bob", join("k")))
	same("by another secret", "k2", mustSend(t, l, "bob", wire.Join{Channel: group, Secret: secretOf("x"), ClientID: "k2"}))
	mustSend(t, l, "own", wire.RevokeInvite{Channel: group, Hash: channel.SecretHash(secret)})
	stop()
	l, _ = start(t, node, dir, 1)
	same("after a restart", "k3", mustSend(t, l, "bob", join("k3")))
	mustSend(t, l, "own", wire.RemoveMember{Channel: group, User: "bob"})
	if _, err := l.Change(t.Context(), "bob", join("k4")); !errors.Is(err, channel.Forbidden()) {
		t.Errorf("refused: %v", err)
	}
}
