package write

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// TestCommand_bytes shows that a round is never larger than the sum of [Command.bytes],
// whatever text users write.
func TestCommand_bytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Change("alice", wire.Send{To: "bob", ClientID: "c", Content: wire.Content{Text: rapid.String().Draw(t, "text")}})
		round, err := encodeRound([]*Command{c})
		if err != nil {
			t.Skip() // the text is not UTF-8
		}
		if len(round) > c.bytes() {
			t.Fatalf("%d bytes, said to be %d at most: %s", len(round), c.bytes(), round)
		}
	})
}

// TestLane_takesWhatCanBeRelayed fills a lane with texts that are much longer when encoded.
// Each round must still fit into one NATS message.
func TestLane_takesWhatCanBeRelayed(t *testing.T) {
	l := newLane(func() bool { return false }, nil, nil)
	for range 200 {
		l.submit(Change("alice", wire.Send{To: "bob", ClientID: "c", Content: wire.Content{Text: strings.Repeat("\t\"{\"", 4096)}}))
	}
	for taken := 0; taken < 200; {
		round := l.take()
		body, err := encodeRound(round)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) > 1<<20 {
			t.Fatalf("a round of %d commands has %d bytes", len(round), len(body))
		}
		taken += len(round)
	}
}
