package jetstream

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"natterjack/embed/embedtest"
)

// TestStreams_compressedIsErased: what is erased of a block that was compressed is gone from its file, and the block's other
// messages are there, before and after a restart.
func TestStreams_compressedIsErased(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	js, err := jetstream.New(node.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openStreams(t.Context(), js, logLevel, 1, 1); err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat("what people say ", 64)
	const secret, last, erased = "the-word-that-must-go", 9000, 100 // of one KiB each: more than a block
	for i := range last {
		body := []byte(filler + fmt.Sprint(i))
		if i == erased-1 {
			body = []byte(secret)
		}
		if _, err := js.PublishAsync(Subject(aliceAndBob), body); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 0 {
			<-js.PublishAsyncComplete()
		}
	}
	<-js.PublishAsyncComplete()
	file := filepath.Join(node.StoreDir(), "jetstream", "CHAT", "streams", StreamName(0), "msgs", "1.blk")
	eventually(t, "the first block to be compressed", func() bool {
		text, compressed := blockText(t, file)
		return compressed && bytes.Contains(text, []byte(secret))
	})
	stream, err := js.Stream(t.Context(), StreamName(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SecureDeleteMsg(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	if text, compressed := blockText(t, file); !compressed || bytes.Contains(text, []byte(secret)) {
		t.Errorf("the block is compressed: %t; the word is in it", compressed)
	}
	node.Restart(t)
	if js, err = jetstream.New(node.Conn); err != nil {
		t.Fatal(err)
	}
	if stream, err = js.Stream(t.Context(), StreamName(0)); err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != last-1 {
		t.Errorf("after a restart there are %d messages, want %d", n, last-1)
	}
	for seq := uint64(1); seq < 200; seq++ {
		if msg, err := stream.GetMsg(t.Context(), seq); (err != nil) != (seq == erased) || err == nil && string(msg.Data) != filler+fmt.Sprint(seq-1) {
			t.Errorf("message %d: %v", seq, err)
		}
	}
}

// blockText reads a block of messages, and whether it was compressed.
func blockText(t *testing.T, file string) (text []byte, compressed bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var info server.CompressionInfo
	n, err := info.UnmarshalMetadata(data)
	if err != nil || n == 0 {
		return data, false
	}
	text, err = info.Algorithm.Decompress(data[n:])
	if err != nil {
		t.Fatal(err)
	}
	return text, true
}
