package bridge

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

func TestRead_framingLies(t *testing.T) {
	for name, lie := range map[string]func(c *client){
		"binary":    func(c *client) { c.write(websocket.MessageBinary, []byte(`{"type":"pong"}`)) },
		"not UTF-8": func(c *client) { c.write(websocket.MessageText, []byte("{\"type\":\"\xff\"}")) },
		"oversize":  func(c *client) { c.write(websocket.MessageText, bytes.Repeat([]byte(" "), 1<<16+1)) },
		"endless": func(c *client) {
			_, _ = c.conn.Write([]byte{0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // a length of 2^62 and more
			for err := error(nil); err == nil; {
				_, err = c.conn.Write(make([]byte, 1000))
			}
		},
		"unmasked": func(c *client) { _, _ = c.conn.Write([]byte{0x81, 2, '{', '}'}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Log: &fakeLog{}})
			c := r.connect(t, "alice")
			var lying sync.WaitGroup
			defer lying.Wait()
			lying.Go(func() { lie(c) })
			c.expectClose(wire.CloseProtocol)
		})
	}
}

func TestRead_limitIsInclusive(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}})
	c := r.connect(t, "alice")
	frame := `{"type":"list_channels","ref":2}`
	c.send(frame + strings.Repeat(" ", r.limits.FrameBytes-len(frame)))
	expect[wire.Channels](c)
}

// TestRead_fragments sends a message in several WebSocket frames with a ping between them.
func TestRead_fragments(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}})
	c := r.connect(t, "alice")
	w, err := c.ws.Writer(t.Context(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []string{`{"type":"list_`, `channels",`, `"ref":2}`} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			if err := c.ws.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	expect[wire.Channels](c)
}
