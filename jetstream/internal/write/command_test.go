package write

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// TestCommand_bytes shows that a round is never larger than the sum of [Command.bytes],
// whatever text users write.
func TestCommand_bytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := wire.Content{Text: rapid.String().Draw(t, "text")}
		for range rapid.IntRange(0, wire.MaxAttachments).Draw(t, "attachments") {
			content.Attachments = append(content.Attachments, wire.Attachment{
				ID: strings.Repeat("a", 26), Caption: rapid.String().Draw(t, "caption"), Kind: wire.AttachmentVideo, Name: rapid.String().Draw(t, "name"),
				Type: "application/vnd.oasis.opendocument.presentation", Size: math.MaxInt64, SHA256: strings.Repeat("a", 64), Width: math.MaxInt, Height: math.MaxInt,
				Duration: math.MaxInt64, Blurhash: strings.Repeat("\"", 100), Waveform: make([]byte, wire.MaxWaveform), Animated: true,
				Previews: slices.Repeat([]wire.Preview{{Rendition: "original", Type: "image/svg+xml", Width: math.MaxInt, Height: math.MaxInt, Size: math.MaxInt64}}, 4),
			})
		}
		c := Change("alice", wire.Send{To: "bob", ClientID: "c", Content: content})
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
