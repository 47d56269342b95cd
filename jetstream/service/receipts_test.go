package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// TestReceipts shows that a back end reads as the user in the subject, and that others see the
// receipt.
func TestReceipts(t *testing.T) {
	w := startWhole(t)
	c := w.connect(t, "backend")
	ack := ask[wire.Ack](t, c.Conn, "api.alice.send", `{"to":"bob","content":{"text":"hi"}}`, nil)
	await(t, "the message", func() bool {
		return len(ask[wire.Channels](t, c.Conn, "api.bob.list_channels", "", nil).Channels) == 1
	})
	if done := ask[wire.Done](t, c.Conn, "api.bob.read", `{"ref":7,"channel":"alice~bob","seq":1}`, nil); done.Ref.Ref != 7 {
		t.Errorf("done has ref %d", done.Ref.Ref)
	}
	ask[wire.Done](t, c.Conn, "api.alice.received", `{"cursors":[{"channel":"alice~bob","seq":1}]}`, nil)
	want := wire.Receipts{Ref: wire.Ref{Ref: 8}, Channel: ack.Channel, Cursors: []wire.Receipt{
		{User: "alice", Read: 1, Delivered: 1}, {User: "bob", Read: 1, Delivered: 1},
	}}
	await(t, "both receipts", func() bool {
		return cmp.Equal(want, ask[wire.Receipts](t, c.Conn, "api.alice.get_receipts", `{"ref":8,"channel":"alice~bob"}`, nil))
	})
	_ = wantError(t, c.Conn, "api.eve.read", `{"channel":"alice~bob","seq":1}`, wire.CodeForbidden)
	_ = wantError(t, c.Conn, "api.eve.get_receipts", `{"channel":"alice~bob"}`, wire.CodeForbidden)
	_ = wantError(t, c.Conn, "api.alice.received", `{"cursors":[]}`, wire.CodeInvalid)
}
