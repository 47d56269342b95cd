package jetstream

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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
func (l *looked) take(channel string) (keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.keys {
		if strings.Contains(key, channel) {
			keys = append(keys, strings.ReplaceAll(key, channel, "CHANNEL"))
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
			for n, channel := range pair {
				looks.take(channel)
				answers[n] = strings.ReplaceAll(answerToOutsider(t, l, cmd(channel)), channel, "CHANNEL")
				keys[n] = looks.take(channel)
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
func everyCommand() []func(id string) wire.Command {
	name := "n"
	return []func(id string) wire.Command{
		func(id string) wire.Command { return in(id, "c1", "x") },
		func(id string) wire.Command { return wire.Edit{Channel: id, Seq: 1, Content: wire.Content{Text: "x"}} },
		func(id string) wire.Command { return wire.Delete{Channel: id, Seq: 1, ClientID: "c2"} },
		func(id string) wire.Command { return wire.React{Channel: id, Seq: 1, Emoji: "x"} },
		func(id string) wire.Command { return wire.Pin{Channel: id, Seq: 1} },
		func(id string) wire.Command { return wire.UpdateChannel{Channel: id, Name: &name} },
		func(id string) wire.Command { return wire.AddMembers{Channel: id, Members: []string{"out"}} },
		func(id string) wire.Command { return wire.RemoveMember{Channel: id, User: "ann"} },
		func(id string) wire.Command { return wire.Unban{Channel: id, User: "out"} },
		func(id string) wire.Command { return wire.SetRole{Channel: id, User: "out", Role: wire.RoleOwner} },
		func(id string) wire.Command { return wire.Leave{Channel: id} },
		func(id string) wire.Command {
			return wire.CreateInvite{Channel: id, Hash: channel.SecretHash("x"), ClientID: "c3"}
		},
		func(id string) wire.Command { return wire.RevokeInvite{Channel: id, Hash: channel.SecretHash("x")} },
		func(id string) wire.Command { return wire.Join{Channel: id, Secret: secretOf("x")} },
		func(id string) wire.Command { return wire.Join{Channel: id, Secret: secretOf("x"), ClientID: "c4"} },
		func(id string) wire.Command { return wire.DeleteChannel{Channel: id} },
		func(id string) wire.Command { return wire.History{Channel: id} },
		func(id string) wire.Command { return wire.GetChannel{Channel: id} },
		func(id string) wire.Command { return wire.GetPins{Channel: id} },
		func(id string) wire.Command { return wire.GetVersions{Channel: id, Seq: 1} },
		func(id string) wire.Command { return wire.GetReactions{Channel: id, Seq: 1} },
		func(id string) wire.Command { return wire.GetReceipts{Channel: id} },
		func(id string) wire.Command { return wire.Read{Channel: id, Seq: 1} },
		func(id string) wire.Command {
			return wire.Received{Cursors: []wire.ChannelSeq{{Channel: id, Seq: 1}}}
		},
		func(id string) wire.Command {
			return wire.Forward{From: wire.ChannelSeq{Channel: id, Seq: 1}, To: "eve", ClientID: "c5"}
		},
		func(id string) wire.Command {
			return wire.Forward{From: wire.ChannelSeq{Channel: "out~out", Seq: 1}, Channel: id, ClientID: "c6"}
		},
	}
}

// TestOutsiders_mayNotType shows the same for typing.
func TestOutsiders_mayNotType(t *testing.T) {
	l := alone(t)
	group := toads(t, l)
	for _, id := range []string{group, channel.GroupID("own", "none"), "ann~own"} {
		if err := l.MayType(t.Context(), "out", id); !errors.Is(err, channel.Forbidden()) || l.Member("out", id) {
			t.Errorf("%s: %v", id, err)
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

// TestJoin_retryOfAnotherTry has a user who waits to be let in ask again under another client id.
// They are let in, leave, and retry it. A retry changes nothing: it gets the first answer.
func TestJoin_retryOfAnotherTry(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, t.TempDir(), 1)
	group, secret := toads(t, l), secretOf("s")
	mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secret), Approval: true})
	join := func(id string) wire.Ack {
		return mustSend(t, l, "bob", wire.Join{Channel: group, Secret: secret, ClientID: id})
	}
	first := join("j")
	again := first
	again.ClientID = "k"
	check := func(what string) {
		t.Helper()
		if diff := cmp.Diff(again, join("k")); diff != "" {
			t.Errorf("%s (-first +again): %s", what, diff)
		}
		awaitMessage(t, l, mustSend(t, l, "own", in(group, what, what)))
		if st, err := l.view.Channel(group); err != nil || len(st.Requested) != 0 && what != "waiting" {
			t.Errorf("%s: %v wait, %v", what, st.Requested, err)
		}
	}
	check("waiting")
	mustSend(t, l, "own", wire.AddMembers{Channel: group, Members: []string{"bob"}})
	check("let in")
	mustSend(t, l, "bob", wire.Leave{Channel: group})
	check("left")
	stop()
	l, _ = start(t, node, t.TempDir(), 1)
	check("of the stream alone")
	if newer := join("n"); newer.Pos <= first.Pos {
		t.Errorf("another request: %+v, first %+v", newer, first)
	}
}

// TestJoin_level shows that nothing is noted of a user who waits to be let in while an older node
// may read the log.
func TestJoin_level(t *testing.T) {
	l := alone(t)
	group, secret := toads(t, l), secretOf("s")
	mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secret), Approval: true})
	join := func(id string) wire.Ack {
		return mustSend(t, l, "bob", wire.Join{Channel: group, Secret: secret, ClientID: id})
	}
	first := join("j")
	for level, notes := range map[int64]uint64{requestLevel - 1: 0, requestLevel: 1} {
		l.dialect.log.Store(level)
		before := endOf(t, l, group)
		again := join(fmt.Sprint("again", level))
		if again.ClientID = "j"; again != first {
			t.Errorf("level %d: %+v, first %+v", level, again, first)
		}
		if n := endOf(t, l, group) - before; n != notes {
			t.Errorf("level %d: %d events, want %d", level, n, notes)
		}
	}
}

// TestJoin_notedSeldom has a user who waits to be let in ask again as fast as they can. All answers
// are the same, and few of them are noted.
func TestJoin_notedSeldom(t *testing.T) {
	l := alone(t)
	group, secret := toads(t, l), secretOf("s")
	mustSend(t, l, "own", wire.CreateInvite{Channel: group, Hash: channel.SecretHash(secret), Approval: true})
	join := func(id string) wire.Ack {
		return mustSend(t, l, "bob", wire.Join{Channel: group, Secret: secret, ClientID: id})
	}
	first, before, began := join("j"), endOf(t, l, group), time.Now()
	for i := range 50 {
		again := join(fmt.Sprint("again", i))
		if again.ClientID = "j"; again != first {
			t.Errorf("try %d: %+v, first %+v", i, again, first)
		}
	}
	const saved = 2 // the tokens that a user may take at once
	most := saved + uint64(time.Since(began)/time.Second) + 1
	if n := endOf(t, l, group) - before; n < 1 || n > most {
		t.Errorf("%d notes, want at most %d", n, most)
	}
}

// endOf returns the position of the last event in a channel's shard.
func endOf(t *testing.T, l *Log, channel string) uint64 {
	t.Helper()
	stream, err := l.js.Stream(t.Context(), StreamName(l.layout.shardOf(channel)))
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.LastSeq
}
