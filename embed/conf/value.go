package conf

import (
	"fmt"
	"slices"
	"strings"
)

// Value is a value of the block, with its place in the configuration.
type Value struct {
	key  string // its path, "natterjack.limits"
	v    any    // string, int64, float64, bool, []any or map[string]any; the last two hold tokens
	file string
	line int
	pos  int
}

// token is the type in which the server's parser wraps values. The parser's type is not exported.
type token interface {
	Value() any
	Line() int
	Position() int
	SourceFile() string
}

func newValue(key string, v any) Value {
	if t, ok := v.(token); ok {
		return Value{key: key, v: t.Value(), file: t.SourceFile(), line: t.Line(), pos: t.Position()}
	}
	return Value{key: key, v: v}
}

// unknownField returns the text of the server's error for a key of ours at its top level. It
// names the exact place, so that a key of the same name elsewhere stays an error.
func (v Value) unknownField() string {
	return fmt.Sprintf("%s:%d:%d: unknown field %q", v.file, v.line, v.pos, v.key)
}

// errorf returns an error with the value's key and place.
func (v Value) errorf(format string, args ...any) error {
	file := v.file
	if file == "" {
		file = "line " // the configuration is a text without a file
	} else {
		file += ":"
	}
	return fmt.Errorf("%s%d: %s: %s", file, v.line, v.key, fmt.Sprintf(format, args...))
}

// member returns a value inside a block.
func (v Value) member(name string, m any) Value { return newValue(v.key+"."+name, m) }

// elements returns the values of a list. A single value counts as a list of one.
func (v Value) elements() []Value {
	list, ok := v.v.([]any)
	if !ok {
		return []Value{v}
	}
	elements := make([]Value, len(list))
	for i, e := range list {
		elements[i] = newValue(fmt.Sprintf("%s[%d]", v.key, i), e)
	}
	return elements
}

// kind returns the name of the value's type, for messages.
func (v Value) kind() string {
	switch v.v.(type) {
	case string:
		return "a string"
	case int64:
		return "a number"
	case float64:
		return "a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a block"
	default:
		return "a date"
	}
}

// unknown returns the sorted keys of a block that are not known.
func unknown(block map[string]any, known []string) (names []string) {
	for name := range block {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// list joins names, for messages.
func list(names []string) string { return strings.Join(names, ", ") }
