package embed_test

import (
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

// TestServer_held examines a server's own copy of a stream from which messages were erased.
func TestServer_held(t *testing.T) {
	n := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(n.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := n.Held("S"); err == nil {
		t.Error("it has a copy of no stream")
	}
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, Storage: jetstream.FileStorage})
	if err != nil {
		t.Fatal(err)
	}
	if _, last, _, err := n.Held("S"); last != 0 || err != nil {
		t.Errorf("an empty one ends at %d, %v", last, err)
	}
	for range 6 {
		if _, err := js.Publish(t.Context(), "s.one", []byte("text")); err != nil {
			t.Fatal(err)
		}
	}
	for _, pos := range []uint64{1, 3, 4} {
		if err := s.SecureDeleteMsg(t.Context(), pos); err != nil {
			t.Fatal(err)
		}
	}
	first, last, gone, err := n.Held("S")
	if first != 2 || last != 6 || !slices.Equal(gone, []uint64{3, 4}) || err != nil {
		t.Errorf("held from %d to %d without %v, %v", first, last, gone, err)
	}
	if subject, data, err := n.Stored("S", 5); subject != "s.one" || string(data) != "text" || err != nil {
		t.Errorf("stored %s, %q, %v", subject, data, err)
	}
	for _, pos := range []uint64{0, 3, 7} {
		if _, _, err := n.Stored("S", pos); err == nil {
			t.Errorf("there is a message at %d", pos)
		}
	}
}
