package wire

import "github.com/go-json-experiment/json"

// peek reads a frame's type and ref. What does not parse has no type.
func peek(data []byte) (name string, ref uint64) {
	var head struct {
		Type string `json:"type"`
		Ref  uint64 `json:"ref"`
	}
	if json.Unmarshal(data, &head) != nil {
		return "", 0
	}
	return head.Type, head.Ref
}
