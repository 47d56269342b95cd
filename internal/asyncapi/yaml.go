package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// object is a mapping that keeps its order. Its values are string, int, bool, object, []any, or
// raw JSON.
type object []member

type member struct {
	key   string
	value any
}

// with returns the object with one more member, unless the value is empty.
func (o object) with(key string, value any) object {
	if s, ok := value.(string); ok && s == "" {
		return o
	}
	return append(o, member{key, value})
}

// encodeYAML writes a mapping as YAML. A value that the library cannot write is a mistake of the
// caller.
func encodeYAML(o object) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(node(o)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// node returns a value as a node of the library, which keeps the order of members.
func node(value any) *yaml.Node {
	switch v := value.(type) {
	case object:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, m := range v {
			n.Content = append(n.Content, node(m.key), node(m.value))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, node(item))
		}
		return n
	case string:
		n := new(yaml.Node)
		n.SetString(v)
		return n
	case int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case json.RawMessage:
		return raw(v)
	default:
		panic(fmt.Sprintf("asyncapi: no YAML for %T", value))
	}
}

// raw returns JSON unchanged, because JSON is YAML too.
func raw(text json.RawMessage) *yaml.Node {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		panic(err)
	}
	return n.Content[0]
}
