package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// addGolden seeds a fuzz target with every golden frame and every refused frame.
func addGolden(f *testing.F) {
	f.Helper()
	for _, g := range goldenCommands {
		frame, err := Append(nil, g.value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	for _, g := range goldenFrames {
		frame, err := Append(nil, g.value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	for _, r := range refusedFrames {
		f.Add([]byte(r.frame))
	}
}

func FuzzDecodeCommand(f *testing.F) {
	addGolden(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCommand(data)
		if slow, slowErr := decodeWithoutPeeking(data); (err == nil) != (slowErr == nil) || err == nil && !cmp.Equal(c, slow) {
			t.Fatalf("DecodeCommand = %v, %v; without peeking %v, %v", c, err, slow, slowErr)
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if err := c.Validate(DefaultLimits()); err != nil {
			checkRefusal(t, err)
		}
		again, err := Append(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeCommand(again); err != nil || !cmp.Equal(c, got, cmpopts.EquateEmpty()) {
			t.Fatalf("%s became %s: %v, %v", data, again, got, err)
		}
	})
}

// decodeWithoutPeeking is DecodeCommand without the optimisation for speed.
func decodeWithoutPeeking(data []byte) (Command, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := jsonv2.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	o, ok := commands[head.Type]
	if !ok {
		return nil, errors.New("unknown type")
	}
	return o.decode(data)
}

// checkRefusal checks that the answer to any input is a short frame of one line that a client
// can decode.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("%T is not an *Error", err)
	}
	switch e.Code {
	case CodeMalformed, CodeUnknownType, CodeInvalid, CodeTooLarge, CodeUnsupported:
	default:
		t.Fatalf("code %s", e.Code)
	}
	if e.Message == "" || len(e.Message) > 256 || !utf8.ValidString(e.Message) {
		t.Fatalf("message %q", e.Message)
	}
	frame, err := Append(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeFrame(frame); err != nil || !cmp.Equal(Frame(e), got) {
		t.Fatalf("%s: %v, %v", frame, got, err)
	}
}

func FuzzDecodeFrame(f *testing.F) {
	addGolden(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := DecodeFrame(data)
		if err != nil || frame == nil {
			return
		}
		again, err := Append(nil, frame)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeFrame(again); err != nil || !cmp.Equal(frame, got, cmpopts.EquateEmpty()) {
			t.Fatalf("%s became %s: %v, %v", data, again, got, err)
		}
	})
}

func FuzzDecodeBody(f *testing.F) {
	addGolden(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range Operations() {
			if c, err := o.Body(data); err == nil {
				_ = c.Validate(DefaultLimits())
			} else {
				checkRefusal(t, err)
			}
		}
	})
}

// FuzzDecodeRecord shows that a record survives being stored, spliced into a frame, and decoded
// by a client.
func FuzzDecodeRecord(f *testing.F) {
	album := goldenMessage
	album.Content = &Content{Attachments: []Attachment{goldenPhoto, goldenVoice}}
	for _, e := range []Event{goldenMessage, goldenCreated, album} {
		record, err := EncodeRecord(&e.Record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(record, 3, uint64(4711))
	}
	f.Fuzz(func(t *testing.T, data []byte, shard int, pos uint64) {
		r, err := DecodeRecord(data)
		if err != nil {
			return
		}
		record, err := EncodeRecord(&r)
		if err != nil {
			t.Fatal(err)
		}
		frame := AppendEvent(nil, shard, pos, "alice~bob", record)
		if !json.Valid(frame) || bytes.IndexByte(frame, Separator) >= 0 {
			t.Fatalf("not a frame: %q", frame)
		}
		r.Rest = nil // clients do not keep it
		if r.Content != nil {
			r.Content.Rest = nil
			for i := range r.Content.Attachments {
				r.Content.Attachments[i].Rest = nil
			}
		}
		want := Event{Shard: shard, Pos: pos, Channel: "alice~bob", Record: r}
		got, err := DecodeFrame(frame)
		if err != nil || !cmp.Equal(Frame(want), got, cmpopts.EquateEmpty()) {
			t.Fatalf("%s: %+v, %v", frame, got, err)
		}
	})
}

// FuzzSplit shows that no frame is empty, contains a separator or lies outside the message, and
// that no frame is lost.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("{\"type\":\"ping\"}\n\n {}\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		var got [][]byte
		Split(message, func(frame []byte) bool {
			got = append(got, frame)
			return true
		})
		var want [][]byte
		for line := range bytes.SplitSeq(message, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				want = append(want, line)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
