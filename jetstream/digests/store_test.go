package digests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/api"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// open returns a store that runs until the test ends, in a bubble.
func open(t *testing.T) *Store {
	t.Helper()
	node := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	s := New(&Log{
		Conn: node.Conn, Copies: 1,
		Open: func(ctx context.Context, cfg jetstream.StreamConfig) error {
			_, err := js.CreateOrUpdateStream(ctx, cfg)
			return err
		},
		Keep: func(context.Context, jetstream.StreamConfig) {},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	<-s.Opened()
	return s
}

func note(t *testing.T, s *Store, channel string, seq uint64, users ...string) {
	t.Helper()
	if err := s.Note(t.Context(), wire.ChannelSeq{Channel: channel, Seq: seq}, users); err != nil {
		t.Fatal(err)
	}
}

func missed(t *testing.T, s *Store, user string, after uint64) []Note {
	t.Helper()
	notes, err := s.Missed(t.Context(), user, after)
	if err != nil {
		t.Fatal(err)
	}
	return notes
}

func seqs(notes []Note) (all []uint64) {
	for _, n := range notes {
		all = append(all, n.Seq)
	}
	return all
}

func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		if got := missed(t, s, "ada", 0); len(got) != 0 {
			t.Errorf("before anything is noted: %v", got)
		}
		began := time.Now()
		note(t, s, "c", 1, "ada", "bob")
		note(t, s, "c", 1, "ada") // a duty does an event twice
		note(t, s, "d", 1, "bob")
		note(t, s, "c", 2, "ada")
		got := missed(t, s, "ada", 0)
		if fmt.Sprint(seqs(got)) != "[1 2]" || got[0].Channel != "c" || got[0].At.Before(began.Add(-time.Second)) || got[0].Place >= got[1].Place {
			t.Errorf("ada has missed %+v", got)
		}
		if again := missed(t, s, "ada", got[0].Place); fmt.Sprint(seqs(again)) != "[2]" {
			t.Errorf("behind the first there is %+v", again)
		}
		time.Sleep(2 * sameNote)
		note(t, s, "c", 1, "ada") // long after
		if again := missed(t, s, "ada", 0); fmt.Sprint(seqs(again)) != "[1 2]" {
			t.Errorf("a message that is noted twice is returned so: %+v", again)
		}
	})
}

// TestMissed_many shows that the newest notes stay, and that one user's take no room of another's.
func TestMissed_many(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		note(t, s, "c", 1, "bob")
		for seq := range uint64(MostMissed + 10) {
			note(t, s, "c", seq+1, "ada")
		}
		got := missed(t, s, "ada", 0)
		if len(got) != MostMissed || got[0].Seq != 11 {
			t.Errorf("%d notes, the first of %d", len(got), got[0].Seq)
		}
		if got := missed(t, s, "bob", 0); len(got) != 1 {
			t.Errorf("bob has missed %+v", got)
		}
	})
}

// TestState shows that of two nodes that begin a digest only one does.
func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		one, err := s.State(t.Context(), "ada")
		if err != nil || one != (State{}) {
			t.Fatalf("at first: %+v, %v", one, err)
		}
		other := one
		one.Begun, one.Unsure = 7, 1
		if one, err = s.SetState(t.Context(), "ada", one); err != nil {
			t.Fatal(err)
		}
		other.Begun = 8
		if _, err := s.SetState(t.Context(), "ada", other); !errors.Is(err, ErrChanged) {
			t.Errorf("the other node: %v", err)
		}
		one.Told = 5
		if one, err = s.SetState(t.Context(), "ada", one.Finished()); err != nil {
			t.Error(err)
		}
		if got, err := s.State(t.Context(), "ada"); err != nil || got != one || got.Upto != 7 || got.Unsure != 0 || got.Told != 5 {
			t.Errorf("%+v, %v; want %+v", got, err, one)
		}
	})
}

func TestAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		learn := func(a Address) {
			t.Helper()
			if err := s.Learn(t.Context(), "ada", a); err != nil {
				t.Fatal(err)
			}
		}
		writes := func() uint64 {
			m, err := api.Last(t.Context(), s.log.Conn, StreamName, AddressSubject("ada"))
			if err != nil {
				return 0
			}
			return m.Sequence
		}
		learn(Address{})
		if n := writes(); n != 0 {
			t.Errorf("that there is no address is written as %d", n)
		}
		learn(Address{Mail: "ada@example.com", Language: "ja"})
		first := writes()
		if a, err := s.Address(t.Context(), "ada"); err != nil || a.Mail != "ada@example.com" || a.Language != "ja" || a.At == 0 {
			t.Errorf("%#v, %v", a.Mail, err)
		}
		learn(Address{Mail: "ada@example.com", Language: "ja"})
		if writes() != first {
			t.Error("a second token writes the same address again")
		}
		old := Address{Mail: "ada@example.com", Language: "ja", At: time.Now().Add(-renewAfter).UnixMilli()}
		if first, _ = s.replace(t.Context(), AddressSubject("ada"), old, first); first == 0 {
			t.Fatal("an old address is not written")
		}
		learn(Address{Mail: "ada@example.com", Language: "ja"})
		if writes() == first {
			t.Error("a week later the address is not renewed")
		}
		learn(Address{Mail: "ada@example.org"})
		learn(Address{})
		if a, err := s.Address(t.Context(), "ada"); err != nil || a.Mail != "" {
			t.Errorf("an address that was taken away is still there: %v", err)
		}
	})
}

// TestStreams shows that the engine drops old notes, and earlier addresses at once.
func TestStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		js, err := jetstream.New(s.log.Conn)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]jetstream.StreamConfig{
			StreamName: {MaxAge: AddressAge, MaxMsgsPerSubject: 1}, MissedName: {MaxAge: MissedAge, MaxMsgsPerSubject: MostMissed},
		} {
			stream, err := js.Stream(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if got := stream.CachedInfo().Config; got.MaxAge != want.MaxAge || got.MaxMsgsPerSubject != want.MaxMsgsPerSubject {
				t.Errorf("%s: %+v", name, got)
			}
		}
		for _, mail := range []string{"ada@example.com", "ada@example.org"} {
			if err := s.Learn(t.Context(), "ada", Address{Mail: mail}); err != nil {
				t.Fatal(err)
			}
		}
		stream, err := js.Stream(t.Context(), StreamName)
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().State.Msgs; n != 1 {
			t.Errorf("%d records of one address", n)
		}
	})
}

func TestAddress_unreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		for _, subject := range []string{AddressSubject("ada"), StateSubject("ada")} {
			if _, err := api.Publish(t.Context(), s.log.Conn, subject, []byte(`{"mail":"ada@example.com`)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Address(t.Context(), "ada"); err == nil || strings.Contains(err.Error(), "example") {
			t.Errorf("read: %v", err)
		}
		if st, err := s.State(t.Context(), "ada"); err != nil || st.Upto != 0 || st.last == 0 {
			t.Errorf("state: %+v, %v", st, err)
		}
		if err := s.Learn(t.Context(), "ada", Address{Mail: "ada@example.org"}); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Address(t.Context(), "ada"); err != nil || a.Mail != "ada@example.org" {
			t.Errorf("learned anew: %v", err)
		}
	})
}

func TestAddress_saysNothing(t *testing.T) {
	a := Address{Mail: "secret@example.com"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{a, &a, []Address{a}} {
			if got := fmt.Sprintf(format, v); strings.Contains(got, "secret") {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
}
