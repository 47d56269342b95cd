package wire

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Separator separates the frames of one WebSocket message. JSON escapes it within strings, so
// it occurs nowhere else.
const Separator = '\n'

// notAFrame is the error text for a frame without a type.
const notAFrame = `a frame is a JSON object with a member "type"`

// typed is a frame with its type name, as it is sent on the wire.
type typed[T any] struct {
	Type string `json:"type"`
	Body T      `json:",embed"`
}

// DecodeCommand reads one frame from a client. It is strict: the server must not silently lose
// members that it does not understand. Errors are of type [*Error] and have the code malformed or
// unknown_type. They carry the frame's ref if it could be read, and a text that names the wrong
// member and repeats no value.
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

// DecodeFrame reads one frame from the server. It is lenient, so that old clients work with new
// servers. For a frame of an unknown type it returns nil without an error.
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

// typedEvents adds the type to events within other frames, as events have it on their own.
var typedEvents = json.WithMarshalers(json.MarshalToFunc(func(to *jsontext.Encoder, e *Event) error {
	return json.MarshalEncode(to, typed[untyped]{Type: e.Type(), Body: untyped(*e)})
}))

// Append encodes a frame or a command, with its type first, and appends it to dst.
func Append(dst []byte, f interface{ Type() string }) ([]byte, error) {
	var options []json.Options
	switch f := f.(type) {
	case RawPage:
		return AppendPage(dst, &f), nil
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

// AppendEvent builds an event frame around a stored record without decoding the record, so each
// record is encoded only once. A record always has members. Its kind is the first of them, and
// so it comes first in the frame after the type.
func AppendEvent(dst []byte, shard int, pos uint64, channel string, record []byte) []byte {
	dst = append(dst, `{"type":"event",`...)
	dst = append(dst, record[1:len(record)-1]...)
	dst = append(dst, `,"shard":`...)
	dst = strconv.AppendInt(dst, int64(shard), 10)
	dst = append(dst, `,"pos":`...)
	dst = strconv.AppendUint(dst, pos, 10)
	dst = append(dst, `,"channel":"`...)
	dst = append(dst, channel...) // channel names need no escape
	return append(dst, `"}`...)
}

// AppendPage encodes a page around events that are already frames, each built by [AppendEvent].
// On the wire, the events of a page carry their type.
func AppendPage(dst []byte, p *RawPage) []byte {
	const around = 256
	size := around
	for _, e := range p.Events {
		size += len(e) + 1
	}
	for _, c := range p.Changes {
		size += len(c.Frame) + 1
	}
	dst = slices.Grow(dst, size)
	dst = append(dst, `{"type":"page"`...)
	if ref := p.Ref.Ref; ref != 0 {
		dst = append(dst, `,"ref":`...)
		dst = strconv.AppendUint(dst, ref, 10)
	}
	dst = append(dst, `,"channel":"`...)
	dst = append(dst, p.Channel...)
	dst = append(dst, `","more":`...)
	dst = strconv.AppendBool(dst, p.More)
	if p.MoreAfter {
		dst = append(dst, `,"more_after":true`...)
	}
	dst = append(dst, `,"events":[`...)
	for i, e := range p.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e...)
	}
	dst = append(dst, ']')
	for i, c := range p.Changes {
		dst = append(dst, [...]string{`,"changes":[`, `,`}[min(i, 1)]...)
		dst = append(dst, c.Frame...)
	}
	if len(p.Changes) > 0 {
		dst = append(dst, ']')
	}
	if p.MoreChanges {
		dst = append(dst, `,"more_changes":true`...)
	}
	return append(dst, '}')
}

// EncodeRecord returns the payload of an event in the log.
func EncodeRecord(r *Record) ([]byte, error) {
	if r.Rest == nil && (r.Content == nil || !r.Content.hasRest()) {
		return json.Marshal(r)
	}
	whole := wholeRecord{Record: *r, Rest: r.Rest}
	if c := r.Content; c != nil {
		whole.Content = &wholeContent{Content: *c, Rest: c.Rest}
		for i := range c.Attachments {
			whole.Content.Attachments = append(whole.Content.Attachments, wholeAttachment{c.Attachments[i], c.Attachments[i].Rest})
		}
	}
	return json.Marshal(whole)
}

// wholeRecord is a record with all the members it has in the log. It also has the members of
// the frame around a record, which a record must not have.
type wholeRecord struct {
	Record
	Content *wholeContent  `json:"content,omitzero"` // replaces the record's own
	Type    jsontext.Value `json:"type,omitzero"`
	Shard   jsontext.Value `json:"shard,omitzero"`
	Pos     jsontext.Value `json:"pos,omitzero"`
	Channel jsontext.Value `json:"channel,omitzero"`
	Rest    jsontext.Value `json:",embed"`
}

type wholeContent struct {
	Content
	Attachments []wholeAttachment `json:"attachments,omitzero"` // replaces the content's own
	Rest        jsontext.Value    `json:",embed"`
}

type wholeAttachment struct {
	Attachment
	Rest jsontext.Value `json:",embed"`
}

// hasRest reports whether some part of the content has members that this version does not know.
func (c *Content) hasRest() bool {
	return c.Rest != nil || slices.ContainsFunc(c.Attachments, func(a Attachment) bool { return a.Rest != nil })
}

var errReserved = errors.New("wire: the record has a member that belongs to the frame around it")

// DecodeRecord reads a payload from the log. It is lenient, because newer nodes of the cluster
// may have written the payload. It keeps unknown members for [EncodeRecord]. It refuses a
// record that has a member of the frame around it: the frame would have that member twice, and
// no client reads such a frame.
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
		for i := range c.Attachments {
			c.Attachments[i].Attachment.Rest = c.Attachments[i].Rest
			r.Content.Attachments = append(r.Content.Attachments, c.Attachments[i].Attachment)
		}
	}
	return r, nil
}

// Split calls yield with each frame of a message. It skips blank lines.
func Split(message []byte, yield func(frame []byte) bool) {
	for len(message) > 0 {
		line, rest, _ := bytes.Cut(message, []byte{Separator})
		message = rest
		if line = bytes.TrimSpace(line); len(line) > 0 && !yield(line) {
			return
		}
	}
}

// appendRest completes an object whose first members are in dst with the members of another
// object.
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
