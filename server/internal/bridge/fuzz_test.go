package bridge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// FuzzMessage sends arbitrary bytes to a connected session. Each frame in them must be answered
// once, and afterwards the session must still answer. If the bytes break the framing, the
// session must be closed for that reason.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"send","ref":1,"to":"bob","client_id":"a","content":{"text":"hi"}}`,
		`{"type":"history","ref":2,"channel":"alice~bob"}` + "\n" + `{"type":"pong"}`,
		`{"type":"create_group","ref":3,"client_id":"g","name":"n","members":["bob"]}`,
		`{"type":"refresh","ref":18446744073709551615,"token":"alice"}`,
		`{"type":"connect","v":1,"token":"alice"}`,
		`{"type":"list_channels","limit":-1}`, "\n\n {} \n[]\n\"", `{"type":"\u0000"}`, "\xff", "", strings.Repeat("{}\n", 500),
	} {
		f.Add([]byte(seed))
	}
	r := newRig(f, Config{Log: &fakeLog{}, Limits: wire.Limits{CommandsPerS: 1 << 30, UserCommandsPerS: 1 << 30, FrameBytes: 4 << 10}})
	f.Fuzz(func(t *testing.T, message []byte) {
		c := r.connect(t, "alice")
		defer func() { _ = c.ws.CloseNow() }()
		c.write(websocket.MessageText, message)
		if len(message) > r.limits.FrameBytes || !utf8.Valid(message) {
			c.expectClose(wire.CloseProtocol)
			return
		}
		due := 1
		for frame := range split(message) {
			if cmd, err := wire.DecodeCommand(frame); err != nil || cmd.Type() != "pong" {
				due++
			}
		}
		c.send(`{"type":"list_channels","ref":77}`)
		last := false
		for ; due > 0; due-- {
			if l, ok := decode[wire.Frame](t, c.next()).(wire.Channels); ok && l.Ref.Ref == 77 {
				last = true
			}
		}
		if !last {
			t.Error("the session does not answer")
		}
	})
}

// FuzzState parses arbitrary Last-Event-IDs.
func FuzzState(f *testing.F) {
	f.Add("epoch:1-2-3")
	f.Add(":")
	f.Fuzz(func(t *testing.T, id string) {
		r, ok := parseState(id)
		if !ok {
			return
		}
		again, ok := parseState(string(appendState(nil, r.Epoch, r.Positions)))
		if !ok || again.Epoch != r.Epoch || toJSON(t, again.Positions) != toJSON(t, r.Positions) {
			t.Errorf("%q: %+v, then %+v", id, r, again)
		}
	})
}

// FuzzPlace reads the place of arbitrary frames.
func FuzzPlace(f *testing.F) {
	f.Add([]byte(`{"type":"event","kind":"message","shard":1,"pos":2,"channel":"a~b"}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if shard, _, ok := place(frame); ok && shard < 0 {
			t.Errorf("shard %d", shard)
		}
	})
}
