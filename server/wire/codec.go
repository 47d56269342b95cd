package wire

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
)

// Separator stands between the frames of one WebSocket message. JSON escapes it in strings, so it can stand nowhere else.
const Separator = '\n'

// typed is a frame with its name: what the wire carries.
type typed[T any] struct {
	Type string `json:"type"`
	Body T      `json:",embed"`
}

// DecodeCommand reads one frame from a client: strictly, for what the server does not know it must not silently lose.
// Errors are [*Error]s of code malformed or unknown_type, with the frame's ref where it could be read.
func DecodeCommand(data []byte) (Command, error) {
	switch name, ref := peek(data); name {
	case "connect":
		return decode[Connect](data, ref)
	case "send":
		return decode[Send](data, ref)
	case "create_group":
		return decode[CreateGroup](data, ref)
	case "history":
		return decode[History](data, ref)
	case "list_channels":
		return decode[ListChannels](data, ref)
	case "refresh":
		return decode[Refresh](data, ref)
	case "pong":
		return decode[Pong](data, ref)
	case "":
		return nil, AsError(Errorf(CodeMalformed, "a frame is a JSON object with a member \"type\""), ref)
	default:
		return nil, AsError(Errorf(CodeUnknownType, "type: %.40q is not a command of this server", name), ref)
	}
}

// DecodeBody reads a command without its "type", as the NATS surface carries it: there the subject is the type.
func DecodeBody[T Command](data []byte) (T, error) {
	var body T
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}") // `nats req api.alice.list_channels ''` means all defaults
	}
	if err := json.Unmarshal(data, &body, json.RejectUnknownMembers(true)); err != nil {
		return body, malformed(err, 0)
	}
	return body, nil
}

// DecodeFrame reads one frame from the server: leniently, so that old clients live with new servers.
// A frame of a type this package does not know is nil without an error.
func DecodeFrame(data []byte) (Frame, error) {
	switch name, ref := peek(data); name {
	case "welcome":
		return decodeFrame[Welcome](data)
	case "ack":
		return decodeFrame[Ack](data)
	case "event":
		return decodeFrame[Event](data)
	case "page":
		return decodeFrame[Page](data)
	case "channel":
		return decodeFrame[Channel](data)
	case "channels":
		return decodeFrame[Channels](data)
	case "refreshed":
		return decodeFrame[Refreshed](data)
	case "ping":
		return Ping{}, nil
	case "error":
		e := new(Error)
		if err := json.Unmarshal(data, e); err != nil {
			return nil, malformed(err, ref)
		}
		return e, nil
	case "":
		return nil, malformed(errors.New("no type"), ref)
	default:
		return nil, nil
	}
}

// Append encodes a frame or a command, its type first, and appends it to dst.
func Append(dst []byte, f interface{ Type() string }) ([]byte, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, f.Type()...)
	dst = append(dst, '"')
	return appendRest(dst, body), nil
}

// AppendEvent builds an event frame around a stored record without decoding it: a record is encoded once in its life.
func AppendEvent(dst []byte, kind Kind, shard int, pos uint64, channel string, record []byte) []byte {
	dst = append(dst, `{"type":"event","kind":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","shard":`...)
	dst = strconv.AppendInt(dst, int64(shard), 10)
	dst = append(dst, `,"pos":`...)
	dst = strconv.AppendUint(dst, pos, 10)
	dst = append(dst, `,"channel":"`...)
	dst = append(dst, channel...) // the grammar of channels needs no escape
	dst = append(dst, '"')
	return appendRest(dst, record)
}

// AppendPage encodes a page around events that are frames already, each as [AppendEvent] made it.
func AppendPage(dst []byte, ref uint64, channel string, events [][]byte, more bool) []byte {
	dst = append(dst, `{"type":"page","ref":`...)
	dst = strconv.AppendUint(dst, ref, 10)
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
func EncodeRecord(r *Record) ([]byte, error) { return json.Marshal(r) }

// DecodeRecord reads a payload of the log, leniently: newer nodes of a cluster may have written it.
func DecodeRecord(data []byte) (r Record, err error) {
	err = json.Unmarshal(data, &r)
	return r, err
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

func decode[T Command](data []byte, ref uint64) (Command, error) {
	var f typed[T]
	if err := json.Unmarshal(data, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, malformed(err, ref)
	}
	return f.Body, nil
}

func decodeFrame[T Frame](data []byte) (Frame, error) {
	var body T
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, malformed(err, 0)
	}
	return body, nil
}

// malformed tells what JSON or which member is wrong, without echoing the frame's content.
func malformed(err error, ref uint64) *Error {
	text := "the frame is not valid JSON of its type"
	var s *json.SemanticError
	if errors.As(err, &s) && s.JSONPointer != "" {
		text = string(s.JSONPointer) + ": has the wrong type, or is not known"
	}
	return AsError(Errorf(CodeMalformed, "%s", text), ref)
}
