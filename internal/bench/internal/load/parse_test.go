package load

import (
	"testing"

	"natterjack/server/wire"
)

// The load must recognise the frames that the server encodes, so the wire package itself makes
// the frames of this test.
func TestParse_FramesOfTheWire(t *testing.T) {
	record, err := wire.EncodeRecord(&wire.Record{
		Kind: wire.KindMessage, Version: 1,
		ID: "x", ClientID: "r2-000017-00000321", Sender: "alice", Seq: 9007, Timestamp: 1, Content: &wire.Content{Text: `"seq":1`},
	})
	if err != nil {
		t.Fatal(err)
	}
	ack, err := wire.Append(nil, wire.Ack{ID: "x", ClientID: "r2-000017-00000321", Channel: "a~b", Seq: 9007, Pos: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		frame []byte
		kind  kind
	}{
		{wire.AppendEvent(nil, 3, 77, "a~b", record), kindMessage},
		{ack, kindAck},
	} {
		if got := kindOf(tc.frame); got != tc.kind {
			t.Errorf("kind of %s is %d, want %d", tc.frame, got, tc.kind)
		}
		sender, number, err := identify(tc.frame)
		if err != nil || sender != 17 || number != 321 {
			t.Errorf("identify(%s) = %d, %d, %v", tc.frame, sender, number, err)
		}
		if got := seqOf(tc.frame); got != 9007 {
			t.Errorf("seq of %s is %d", tc.frame, got)
		}
	}
	meta := wire.AppendEvent(nil, 3, 76, "a~b", []byte(`{"kind":"meta","version":1,"id":"y"}`))
	if got := kindOf(meta); got != kindOther {
		t.Errorf("kind of %s is %d, want other", meta, got)
	}
}

func TestParse_EveryOtherFrame(t *testing.T) {
	for want, frame := range map[kind]wire.Frame{
		kindWelcome: wire.Welcome{}, kindPing: wire.Ping{}, kindError: wire.Errorf(wire.CodeTooFast, "wait"), kindOther: wire.Page{},
	} {
		data, err := wire.Append(nil, frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := kindOf(data); got != want {
			t.Errorf("kind of %s is %d, want %d", data, got, want)
		}
	}
}

func TestIdentify_RefusesWhatIsNotOurs(t *testing.T) {
	for _, frame := range []string{``, `{"type":"ack"}`, `{"client_id":"short"}`, `{"client_id":"r1-00x007-00000001"}`, `{"client_id":"r1-000007-0000000a"}`} {
		if _, _, err := identify([]byte(frame)); err == nil {
			t.Errorf("identify(%s) found something", frame)
		}
	}
}

func TestLines(t *testing.T) {
	var got []string
	err := lines([]byte("a\n\nb\n"), func(f []byte) error { got = append(got, string(f)); return nil })
	if err != nil || len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("lines: %q, %v", got, err)
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add([]byte(`{"type":"ack","client_id":"r1-000007-00000001","seq":3}`))
	f.Add([]byte(`{"client_id":"`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		sender, number, err := identify(frame)
		if err == nil && (sender < 0 || sender > 999_999 || number < 0 || number > 99_999_999) {
			t.Fatalf("sender %d, number %d", sender, number)
		}
		_ = seqOf(frame)
	})
}
