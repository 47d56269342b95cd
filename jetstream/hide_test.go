package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// TestHide shows that, once a hide is acknowledged, its user is shown the message nowhere and
// all other users are shown it everywhere. This also holds after a restart.
func TestHide(t *testing.T) {
	node, dir := embedtest.Start(t, embedtest.NoSync), t.TempDir()
	l, stop := start(t, node, dir, 1)
	for i := range 6 {
		mustSend(t, l, "bob", text("alice", fmt.Sprint("c", i), "hi"))
	}
	const channel = "alice~bob"
	mustSend(t, l, "bob", wire.Pin{Channel: channel, Seq: 2})
	mustSend(t, l, "bob", wire.Pin{Channel: channel, Seq: 5})
	mustSend(t, l, "bob", wire.Edit{Channel: channel, Seq: 6, Content: wire.Content{Text: "hi!"}})
	for _, seq := range []int{2, 4, 6} {
		mustSend(t, l, "alice", wire.Set{Name: fmt.Sprint("hide/", channel, "/", seq), Value: "1"})
	}
	shown := func(user string, last uint64, pins, seqs, before []uint64) {
		t.Helper()
		if got := seqsOf(t, l, user, &wire.History{Channel: channel, Limit: len(seqs)}); !slices.Equal(got, seqs) {
			t.Errorf("%s is shown %v, want %v", user, got, seqs)
		}
		if got := seqsOf(t, l, user, &wire.History{Channel: channel, Before: 5, Limit: 2}); !slices.Equal(got, before) {
			t.Errorf("%s is shown %v before 5, want %v", user, got, before)
		}
		listed, _, err := l.Channels(t.Context(), user, &wire.ListChannels{})
		if err != nil || listed[0].Last == nil || listed[0].Last.Seq != last {
			t.Errorf("%s has as last %+v, %v", user, listed[0].Last, err)
		}
		if want := map[string]uint64{"alice": 6}[user]; listed[0].Unread != want {
			t.Errorf("%s has %d unread, want %d", user, listed[0].Unread, want)
		}
		f, err := l.Answer(t.Context(), user, wire.GetPins{Channel: channel})
		var got []uint64
		for _, e := range f.(wire.Page).Events {
			got = append(got, e.Seq)
		}
		if err != nil || !slices.Equal(got, pins) {
			t.Errorf("%s is shown the pins %v, %v", user, got, err)
		}
	}
	check := func() {
		t.Helper()
		shown("alice", 5, []uint64{5}, []uint64{1, 3, 5}, []uint64{1, 3})
		shown("bob", 6, []uint64{5, 2}, []uint64{3, 4, 5, 6}, []uint64{3, 4})
		for user, want := range map[string]int{"alice": 0, "bob": 2} {
			f, err := l.Answer(t.Context(), user, wire.GetVersions{Channel: channel, Seq: 6})
			if err != nil || len(f.(wire.Versions).Versions) != want {
				t.Errorf("%s is shown the versions %+v, %v", user, f, err)
			}
		}
		_, err := l.Answer(t.Context(), "alice", wire.Forward{To: "carol", ClientID: "f", From: wire.ChannelSeq{Channel: channel, Seq: 2}})
		if !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			t.Errorf("forwarded what is hidden: %v", err)
		}
	}
	check()
	stop()
	l, _ = start(t, node, dir, 1)
	check()
	mustSend(t, l, "alice", wire.Set{Name: fmt.Sprint("hide/", channel, "/6")})
	shown("alice", 6, []uint64{5}, []uint64{1, 3, 5, 6}, []uint64{1, 3})
}

// seqsOf returns the seqs of the messages on a page.
func seqsOf(t *testing.T, l *Log, user string, cmd *wire.History) (seqs []uint64) {
	t.Helper()
	events, _, err := l.History(t.Context(), user, cmd)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range events {
		f, err := wire.DecodeFrame(data)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, f.(wire.Event).Seq)
	}
	return seqs
}
