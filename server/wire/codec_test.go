package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

func TestDecodeCommand_AnyOrderOfMembers(t *testing.T) {
	want := Send{Ref: Ref{7}, To: "bob", ClientID: "c", Content: Content{Text: "x"}}
	for _, frame := range []string{
		`{"type":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"x"}}`,
		`{"ref":7,"to":"bob","client_id":"c","content":{"text":"x"},"type":"send"}`,
		` { "content" : { "text" : "x" } , "type" : "send" , "client_id" : "c" , "to" : "bob" , "ref" : 7 } `,
		`{"type":"s\u0065nd","ref":7,"to":"bob","client_id":"c","content":{"text":"x"}}`,
		`{"\u0074ype":"send","ref":7,"to":"bob","client_id":"c","content":{"text":"x"}}`,
	} {
		got, err := DecodeCommand([]byte(frame))
		if err != nil {
			t.Errorf("%s: %v", frame, err)
		} else if diff := cmp.Diff(Command(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", frame, diff)
		}
	}
}

// TestDecodeCommand_TypeWithinText shows that text within a string is not taken for a type.
func TestDecodeCommand_TypeWithinText(t *testing.T) {
	got, err := DecodeCommand([]byte(`{"client_id":"{\"type\":\"pong\"","content":{"text":"{\"type\":\"pong\"}"},"type":"send"}`))
	want := Send{ClientID: `{"type":"pong"`, Content: Content{Text: `{"type":"pong"}`}}
	if diff := cmp.Diff(Command(want), got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestOperation_Body(t *testing.T) {
	for _, empty := range []string{"", " \n", "{}"} {
		if got, err := OperationOf(ListChannels{}).Body([]byte(empty)); err != nil || !cmp.Equal(got, Command(ListChannels{})) {
			t.Errorf("%q: %v, %v", empty, got, err)
		}
	}
	got, err := OperationOf(History{}).Body([]byte(`{"channel":"alice~bob","ref":5}`))
	if want := Command(History{Ref: Ref{5}, Channel: "alice~bob"}); err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for body, text := range map[string]string{
		`{"type":"history","ref":5}`: "type: this member is unknown",
		`{"channel":5,"ref":5}`:      "channel: must be a string",
		`{"ref":5,"ref":5}`:          "ref: appears twice",
		`{"ref":5,`:                  "the frame is not valid JSON, from byte 9 on",
	} {
		_, err := OperationOf(History{}).Body([]byte(body))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Code != CodeMalformed || e.Message != text || e.Ref.Ref != 5 {
			t.Errorf("%s: %+v, want %q under ref 5", body, err, text)
		}
	}
}

// TestDecodeFrame_FromTheFuture shows that an old client can read the frames of a new server.
func TestDecodeFrame_FromTheFuture(t *testing.T) {
	got, err := DecodeFrame([]byte(`{"type":"ack","ref":2,"id":"m","seq":9,"mood":{"x":[1,null]},"client_id":"c"}`))
	if want := (Ack{Ref: Ref{2}, ID: "m", Seq: 9, ClientID: "c"}); err != nil || got != Frame(want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := DecodeFrame([]byte(`{"type":"telepathy","user":"bob"}`)); got != nil || err != nil {
		t.Errorf("unknown type: %v, %v", got, err)
	}
	got, err = DecodeFrame([]byte(`{"code":"quantum","message":"m","retryable":true,"type":"error"}`))
	if err != nil || !errors.Is(got.(*Error), &Error{Code: "quantum"}) || !got.(*Error).Retryable {
		t.Errorf("unknown code: %v, %v", got, err)
	}
	got, err = DecodeFrame([]byte(`{"type":"event","kind":"reaction","pos":9,"channel":"alice~bob","emoji":"+1"}`))
	if e, ok := got.(Event); err != nil || !ok || e.Kind != "reaction" || e.Pos != 9 {
		t.Errorf("unknown kind: %v, %v", got, err)
	}
}

func TestDecodeFrame_Malformed(t *testing.T) {
	for _, frame := range []string{
		``, `[]`, `null`, `{}`, `{"type":"ack","seq":"9"}`, `{"type":"ack","type":"event"}`, `{"type":"ack"`, `{"type":"page","events":{}}`,
		`{"type":"error","code":5}`, `{"type":"ping"}{"type":"ping"}`,
	} {
		if got, err := DecodeFrame([]byte(frame)); !errors.Is(err, &Error{Code: CodeMalformed}) || got != nil {
			t.Errorf("%s: %v, %v", frame, got, err)
		}
	}
}

func TestAppend_RefusesWhatIsNotUTF8(t *testing.T) {
	dst, err := Append([]byte("kept"), Send{Content: Content{Text: "\xff"}})
	if err == nil || string(dst) != "kept" {
		t.Errorf("Append = %q, %v", dst, err)
	}
	if _, err := EncodeRecord(&Record{Content: &Content{Text: "\xff"}}); err == nil {
		t.Error("EncodeRecord stored it")
	}
}

func TestDecodeRecord_FromTheFuture(t *testing.T) {
	got, err := DecodeRecord([]byte(`{"id":"m","sender":"alice","timestamp":5,"poll":{"options":["a"]}}`))
	if want := (Record{ID: "m", Sender: "alice", Timestamp: 5, Rest: jsontext.Value(`{"poll":{"options":["a"]}}`)}); err != nil || !cmp.Equal(want, got) {
		t.Errorf("got %+v, %v", got, err)
	}
	again, err := EncodeRecord(&got)
	if want := `{"kind":"","version":0,"id":"m","sender":"alice","timestamp":5,"poll":{"options":["a"]}}`; err != nil || string(again) != want {
		t.Errorf("encoded again: %s, %v", again, err)
	}
	if _, err := DecodeRecord([]byte(`{"seq":-1}`)); err == nil {
		t.Error("a negative seq was read")
	}
}

// TestContent_fromTheFuture shows that unknown members of a content stored by a newer node are
// kept, and that no client can store unknown members.
func TestContent_fromTheFuture(t *testing.T) {
	for _, content := range []string{
		`{"text":"which?","poll":{"options":["a"]}}`,
		`{"text":"which?","attachments":[{"id":"a","size":3},{"id":"b","model":{"faces":12}}]}`,
		`{"text":"which?","attachments":[{"id":"a","model":{"faces":12}}],"poll":{"options":["a"]}}`,
	} {
		record := `{"kind":"message","version":1,"id":"m","sender":"alice","seq":1,"timestamp":5,"content":` + content + `}`
		got, err := DecodeRecord([]byte(record))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := EncodeRecord(&got); err != nil || string(again) != record {
			t.Errorf("encoded again: %s, %v", again, err)
		}
	}
	for _, frame := range []string{
		`{"type":"send","to":"bob","client_id":"c","content":{"text":"which?","poll":{}}}`,
		`{"type":"edit","channel":"alice~bob","seq":1,"content":{"text":"which?","poll":{}}}`,
	} {
		if _, err := DecodeCommand([]byte(frame)); err == nil || !strings.Contains(err.Error(), "content.poll: this member is unknown") {
			t.Errorf("%s: %v", frame, err)
		}
	}
}

func TestSplit(t *testing.T) {
	for message, want := range map[string][]string{
		"":                    nil,
		"\n \n\r\n":           nil,
		"a":                   {"a"},
		"a\nb":                {"a", "b"},
		"\na\r\n\n  b \nc\n":  {"a", "b", "c"},
		`{"t":"x\ny"}` + "\n": {`{"t":"x\ny"}`},
	} {
		var got []string
		for frame := range split(message) {
			got = append(got, string(frame))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", message, diff)
		}
	}
	for frame := range split("a\nb") {
		if string(frame) != "a" {
			t.Error("went on after break")
		}
		break
	}
}

func split(message string) func(func([]byte) bool) {
	return func(yield func([]byte) bool) { Split([]byte(message), yield) }
}

// TestSeparatorNeverInFrame shows the property that the framing relies on.
func TestSeparatorNeverInFrame(t *testing.T) {
	frame, err := Append(nil, Send{Content: Content{Text: "a\nb\r\u2028\u0085"}})
	if err != nil || strings.ContainsAny(string(frame), "\n\r") {
		t.Errorf("%q, %v", frame, err)
	}
}

func BenchmarkDecodeCommand(b *testing.B) {
	for name, frame := range map[string]string{
		"type_first": `{"type":"send","ref":7,"to":"bob","client_id":"0199c2f0-7c2a-7b30-9d2e-3f6b1a2c4d5e","content":{"text":"Shall we meet at the station at seven? I bring the map."}}`,
		"type_last":  `{"ref":7,"to":"bob","client_id":"0199c2f0-7c2a-7b30-9d2e-3f6b1a2c4d5e","content":{"text":"Shall we meet at the station at seven? I bring the map."},"type":"send"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := DecodeCommand([]byte(frame)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	record, err := EncodeRecord(&goldenMessage.Record)
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	for b.Loop() {
		dst = AppendEvent(dst[:0], 3, 4711, "alice~bob", record)
	}
}
