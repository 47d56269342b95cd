package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// object is a mapping that keeps its order. Values are string, int, uint64, bool, object, []any, or raw JSON.
type object []member

type member struct {
	key   string
	value any
}

// with is the object and one member more, unless that says nothing.
func (o object) with(key string, value any) object {
	if s, ok := value.(string); ok && s == "" {
		return o
	}
	return append(o, member{key, value})
}

// appendYAML writes a mapping as YAML 1.2, which is small enough to be written by hand: everything that could be read as anything
// but a string is quoted as JSON, which is YAML too.
func appendYAML(b *strings.Builder, o object, indent string) {
	for _, m := range o {
		b.WriteString(indent + scalar(m.key) + ":")
		appendValue(b, m.value, indent+"  ")
	}
}

func appendValue(b *strings.Builder, value any, indent string) {
	switch v := value.(type) {
	case object:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		appendYAML(b, v, indent)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, item := range v {
			appendItem(b, item, indent)
		}
	case string:
		if strings.Contains(v, "\n") {
			appendBlock(b, v, indent)
			return
		}
		b.WriteString(" " + scalar(v) + "\n")
	default:
		b.WriteString(" " + plain(v) + "\n")
	}
}

// appendItem writes an element of a sequence: a mapping begins on the line of its dash.
func appendItem(b *strings.Builder, item any, indent string) {
	if o, ok := item.(object); ok && len(o) > 0 {
		var inner strings.Builder
		appendYAML(&inner, o, indent+"  ")
		b.WriteString(indent + "- " + strings.TrimPrefix(inner.String(), indent+"  "))
		return
	}
	b.WriteString(indent + "-")
	appendValue(b, item, indent+"  ")
}

// appendBlock writes a text of several lines as it is.
func appendBlock(b *strings.Builder, text, indent string) {
	b.WriteString(" |-\n")
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			b.WriteByte('\n')
			continue
		}
		b.WriteString(indent + line + "\n")
	}
}

func plain(value any) string {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	case json.RawMessage:
		return string(v)
	default:
		panic(fmt.Sprintf("asyncapi: no YAML for %T", value)) // the caller's mistake
	}
}

// bare are the strings that need no quotes: words that begin with a letter and are none of YAML's own.
var bare = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_/.,;'()+-]*( [A-Za-z0-9_/.,;'()+=-]+)*$`)

func scalar(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(s)
	}
	if bare.MatchString(s) {
		return s
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSpace(b.String())
}
