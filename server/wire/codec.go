package wire

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Separator stands between the frames of one WebSocket message. JSON escapes it in strings, so it can stand nowhere else.
const Separator = '\n'

// notAFrame is the text for what has no type at all.
const notAFrame = `a frame is a JSON object with a member "type"`

// typed is a frame with its name: what the wire carries.
type typed[T any] struct {
	Type string `json:"type"`
	Body T      `json:",embed"`
}

// DecodeCommand reads one frame from a client: strictly, for what the server does not know it must not silently lose.
// Errors are [*Error]s of code malformed or unknown_type, with the frame's ref where it could be read, and with a text that
// names the member at fault and repeats no value.
func DecodeCommand(data []byte) (Command, error) {
	if name, ok := peekLeading(data); ok {
		if o, known := commands[string(name)]; known {
			return o.decode(data)
		}
	}
	name, ref, err := peek(data)
	switch o, known := commands[name]; {
	case err != nil:
		return nil, malformed(err, ref)
	case known:
		return o.decode(data)
	case name == "":
		return nil, AsError(Errorf(CodeMalformed, notAFrame), ref)
	case !likeAName(name):
		return nil, AsError(Errorf(CodeUnknownType, "type: is not a command of this server"), ref)
	default:
		return nil, AsError(Errorf(CodeUnknownType, "type: %s is not a command of this server", name), ref)
	}
}

// decodeBody reads a command without its "type".
func decodeBody[T Command](data []byte) (Command, error) {
	var body T
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	if err := json.Unmarshal(data, &body, json.RejectUnknownMembers(true)); err != nil {
		_, ref, _ := peek(data)
		return nil, malformed(err, ref)
	}
	return body, nil
}

// DecodeFrame reads one frame from the server: leniently, so that old clients live with new servers.
// A frame of a type this package does not know is nil without an error.
func DecodeFrame(data []byte) (Frame, error) {
	if name, ok := peekLeading(data); ok {
		if decode, known := frames[string(name)]; known {
			return decode(data)
		}
	}
	name, ref, err := peek(data)
	switch decode, known := frames[name]; {
	case err != nil:
		return nil, malformed(err, ref)
	case known:
		return decode(data)
	case name == "":
		return nil, AsError(Errorf(CodeMalformed, notAFrame), ref)
	default:
		return nil, nil
	}
}

// untyped is an event without the marshaler that adds its type.
type untyped Event

// typedEvents gives events within other frames their type, as they have it by themselves.
var typedEvents = json.WithMarshalers(json.MarshalToFunc(func(to *jsontext.Encoder, e *Event) error {
	return json.MarshalEncode(to, typed[untyped]{Type: e.Type(), Body: untyped(*e)})
}))

// Append encodes a frame or a command, its type first, and appends it to dst.
func Append(dst []byte, f interface{ Type() string }) ([]byte, error) {
	var options []json.Options
	switch f := f.(type) {
	case RawPage:
		return AppendPage(dst, f.Ref.Ref, f.Channel, f.Events, f.More), nil
	case Channel, Channels, Page:
		options = append(options, typedEvents)
	}
	body, err := json.Marshal(f, options...)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, f.Type()...)
	dst = append(dst, '"')
	return appendRest(dst, body), nil
}

// AppendEvent builds an event frame around a stored record without decoding it: a record is encoded once in its life. The record
// has members; its kind is the first of them, and so the first of the frame behind its type.
func AppendEvent(dst []byte, shard int, pos uint64, channel string, record []byte) []byte {
	dst = append(dst, `{"type":"event",`...)
	dst = append(dst, record[1:len(record)-1]...)
	dst = append(dst, `,"shard":`...)
	dst = strconv.AppendInt(dst, int64(shard), 10)
	dst = append(dst, `,"pos":`...)
	dst = strconv.AppendUint(dst, pos, 10)
	dst = append(dst, `,"channel":"`...)
	dst = append(dst, channel...) // the grammar of channels needs no escape
	return append(dst, `"}`...)
}

// AppendPage encodes a page around events that are frames already, each as [AppendEvent] made it: on the wire the
// events of a page carry their type.
func AppendPage(dst []byte, ref uint64, channel string, events [][]byte, more bool) []byte {
	const around = 256
	size := around
	for _, e := range events {
		size += len(e) + 1
	}
	dst = slices.Grow(dst, size)
	dst = append(dst, `{"type":"page"`...)
	if ref != 0 {
		dst = append(dst, `,"ref":`...)
		dst = strconv.AppendUint(dst, ref, 10)
	}
	dst = append(dst, `,"channel":"`...)
	dst = append(dst, channel...)
	dst = append(dst, `","more":`...)
	dst = strconv.AppendBool(dst, more)
	dst = append(dst, `,"events":[`...)
	for i, e := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	return append(dst, "]}"...)
}

// EncodeRecord is the payload of an event in the log.
func EncodeRecord(r *Record) ([]byte, error) {
	if r.Rest == nil && (r.Content == nil || r.Content.Rest == nil) {
		return json.Marshal(r)
	}
	whole := wholeRecord{Record: *r, Rest: r.Rest}
	if r.Content != nil {
		whole.Content = &wholeContent{Content: *r.Content, Rest: r.Content.Rest}
	}
	return json.Marshal(whole)
}

// wholeRecord is a record with all the members that it has in the log, and those of the frame around it, of which it may have none.
type wholeRecord struct {
	Record
	Content *wholeContent  `json:"content,omitzero"` // in place of the record's own
	Type    jsontext.Value `json:"type,omitzero"`
	Shard   jsontext.Value `json:"shard,omitzero"`
	Pos     jsontext.Value `json:"pos,omitzero"`
	Channel jsontext.Value `json:"channel,omitzero"`
	Rest    jsontext.Value `json:",embed"`
}

type wholeContent struct {
	Content
	Rest jsontext.Value `json:",embed"`
}

var errReserved = errors.New("wire: a record has a member of the frame around it")

// DecodeRecord reads a payload of the log, leniently: newer nodes of a cluster may have written it. What it does not know it keeps, for
// [EncodeRecord]. A record with a member of the frame around it is refused: a frame would have that member twice, which no client reads.
func DecodeRecord(data []byte) (r Record, err error) {
	var whole wholeRecord
	if err = json.Unmarshal(data, &whole); err != nil {
		return r, err
	}
	if whole.Type != nil || whole.Shard != nil || whole.Pos != nil || whole.Channel != nil {
		return r, errReserved
	}
	r = whole.Record
	r.Rest = whole.Rest
	if c := whole.Content; c != nil {
		r.Content = &c.Content
		r.Content.Rest = c.Rest
	}
	return r, nil
}

// Split calls yield with each frame of a message. Blank lines are skipped.
func Split(message []byte, yield func(frame []byte) bool) {
	for len(message) > 0 {
		line, rest, _ := bytes.Cut(message, []byte{Separator})
		message = rest
		if line = bytes.TrimSpace(line); len(line) > 0 && !yield(line) {
			return
		}
	}
}

// appendRest closes an object whose first members are in dst with the members of another.
func appendRest(dst, object []byte) []byte {
	if len(object) <= len("{}") {
		return append(dst, '}')
	}
	dst = append(dst, ',')
	return append(dst, object[1:]...)
}

func decodeCommand[T Command](data []byte) (Command, error) {
	var f typed[T]
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		_, ref, _ := peek(data)
		return nil, malformed(err, ref)
	}
	return f.Body, nil
}

func decodeFrame[T Frame](data []byte) (Frame, error) {
	var body T
	if err := json.Unmarshal(data, &body); err != nil {
		_, ref, _ := peek(data)
		return nil, malformed(err, ref)
	}
	return body, nil
}
