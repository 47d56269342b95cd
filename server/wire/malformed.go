package wire

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// malformed returns an error that tells which member is wrong and what it should be. The text
// never repeats a value, because the value may be a token.
func malformed(err error, ref uint64) *Error {
	return AsError(Errorf(CodeMalformed, "%s", malformedText(err)), ref)
}

func malformedText(err error) string {
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(syntactic, jsontext.ErrDuplicateName) {
			return member(syntactic.JSONPointer) + ": appears twice"
		}
		return Errorf("", "the frame is not valid JSON, from byte %d on", syntactic.ByteOffset).Message
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return "the frame is not complete JSON"
	case errors.Is(semantic, json.ErrUnknownName):
		return member(semantic.JSONPointer) + ": this member is unknown"
	case semantic.JSONPointer == "":
		return notAFrame
	default:
		return member(semantic.JSONPointer) + ": must be " + wanted(semantic.GoType)
	}
}

// member writes a JSON pointer the way texts for people name members, such as content.text. It
// leaves out names that do not look like a name, because a faulty client may have put anything
// there.
func member(p jsontext.Pointer) string {
	var names []string
	for token := range p.Tokens() {
		if !likeAName(token) {
			token = "(a member)"
		}
		names = append(names, token)
	}
	return strings.Join(names, ".")
}

func likeAName(s string) bool {
	return len(s) >= 1 && len(s) <= 32 && all(s, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
	})
}

func wanted(t reflect.Type) string {
	if t == nil {
		return "of another type"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Uint64:
		return "a whole number, 0 or more"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}
