package wire

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var leadingType = []byte(`{"type":"`)

// peekLeading reads the type of a frame that begins with it, as all our encoders write it. It
// does not parse the rest, because a second pass over the frame would cost as much as decoding
// it. The result is only a guess for dispatching. The decoder that follows reads the type again
// and refuses a second one.
func peekLeading(data []byte) (name []byte, ok bool) {
	rest, ok := bytes.CutPrefix(data, leadingType)
	if !ok {
		return nil, false
	}
	name, _, ok = bytes.Cut(rest, []byte{'"'})
	return name, ok
}

// peek reads a frame's type and ref, wherever they stand in the frame. If the JSON is broken, it
// returns the members that it has read so far together with the error, so that the answer to a
// broken command can carry its ref.
func peek(data []byte) (name string, ref uint64, err error) {
	var head struct {
		Type jsontext.Value `json:"type"`
		Ref  jsontext.Value `json:"ref"`
	}
	err = json.Unmarshal(data, &head)
	if json.Unmarshal(head.Type, &name) != nil {
		name = ""
	}
	if json.Unmarshal(head.Ref, &ref) != nil {
		ref = 0
	}
	return name, ref, err
}
