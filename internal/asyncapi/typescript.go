package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"natterjack/server/wire"
)

// module writes the types of the protocol for clients in TypeScript.
type module struct {
	docs  *docs
	plain []plain
	text  bytes.Buffer
}

func newModule(d *docs, constants []plain) *module { return &module{docs: d, plain: constants} }

func (m *module) bytes() []byte {
	m.line("// Code generated from the Go types of server/wire by `just gen`. DO NOT EDIT.")
	m.constants()
	m.closeCodes()
	for _, t := range m.reached() {
		if t.Kind() == reflect.Struct {
			m.structure(t, "")
		} else {
			m.enumeration(t)
		}
	}
	for _, f := range frames() {
		m.structure(f.goType, f.name)
	}
	m.operations()
	m.frames()
	return m.text.Bytes()
}

func (m *module) line(format string, args ...any) { fmt.Fprintf(&m.text, format+"\n", args...) }

// constants writes limits, paths and grammars.
func (m *module) constants() {
	for _, c := range m.plain {
		m.line("")
		m.comment("", m.docs.values[c.name])
		m.line("export const %s = %s;", lowerFirst(c.name), c.value)
	}
	m.line("")
	m.comment("", m.docs.values["ConnectTimeout"])
	m.line("export const connectTimeoutMs = %d;", wire.ConnectTimeout.Milliseconds())
	m.line("")
	m.comment("", "The grammars of names. That of channels does not tell whether the two users of a direct channel are in order.")
	m.line("export const patterns = {")
	for _, p := range []struct{ name, pattern string }{
		{"user", userPattern},
		{"clientID", clientIDPattern},
		{"channel", channelPattern},
		{"media", mediaPattern},
	} {
		m.line("  %s: /%s/,", p.name, p.pattern)
	}
	m.line("} as const;")
}

func (m *module) closeCodes() {
	m.line("")
	m.comment("", m.docs.types["CloseCode"])
	m.line("export const closeCodes = {")
	for _, c := range (&generator{docs: m.docs}).closeCodes() {
		about := map[string]any{}
		for _, p := range c.(object) {
			about[p.key] = p.value
		}
		m.comment("  ", about["description"].(string))
		m.line("  %v: %v,", about["reason"], about["code"])
	}
	m.line("} as const;")
}

// reached returns the named types that frames use. A type stands before the types that use it.
func (m *module) reached() (all []reflect.Type) {
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if slices.Contains(all, t) {
			return
		}
		if t.Kind() == reflect.Struct {
			for f := range fields(t) {
				visit(f.Type)
			}
		}
		if slices.Contains(named, t) {
			all = append(all, t)
		}
	}
	for _, f := range frames() {
		visit(f.goType)
	}
	return all
}

// structure writes an interface. A frame has its type as the first member.
func (m *module) structure(t reflect.Type, frame string) {
	m.line("")
	m.comment("", m.docs.types[t.Name()])
	m.line("export interface %s {", t.Name())
	if frame != "" {
		m.line("  type: %q;", frame)
	}
	for f := range fields(t) {
		m.comment("  ", m.docs.fields[f.owner.Name()+"."+f.Name])
		optional := ""
		if f.optional {
			optional = "?"
		}
		m.line("  %s%s: %s;", f.member, optional, typeName(f.Type))
	}
	m.line("}")
	if t == reflect.TypeFor[wire.Limits]() {
		m.defaults()
	}
}

func (m *module) defaults() {
	m.line("")
	m.comment("", "The limits of a server whose configuration sets none.")
	m.line("export const defaultLimits: Limits = {")
	limits := reflect.ValueOf(wire.DefaultLimits())
	for f := range fields(limits.Type()) {
		m.line("  %s: %d,", f.member, limits.FieldByIndex(f.Index).Int())
	}
	m.line("};")
}

// enumeration writes the values of a named string. A newer server may send others.
func (m *module) enumeration(t reflect.Type) {
	m.line("")
	m.comment("", m.docs.types[t.Name()])
	m.line("export type %s = Known%[1]s | (string & {});", t.Name())
	m.line("")
	m.comment("", "The values of {@link "+t.Name()+"} that this version knows.")
	m.line("export type Known%s =", t.Name())
	values := m.docs.consts[t.Name()]
	for i, c := range values {
		end := ""
		if i == len(values)-1 {
			end = ";"
		}
		if c.doc != "" {
			end += " // " + strings.ReplaceAll(c.doc, "\n", " ")
		}
		m.line("  | %q%s", c.value, end)
	}
}

var askers = map[wire.Asker]string{
	wire.ByAnybody: "anybody", wire.ByClients: "clients", wire.BySessions: "sessions", wire.ByConnections: "connections",
}

// operations writes the table of operations, once for the compiler and once for programs.
func (m *module) operations() {
	m.line("")
	m.comment("", "The table of operations: each command, and the frame that answers it unless an error does.")
	m.line("export interface Operations {")
	for _, o := range wire.Operations() {
		reply := "undefined"
		if o.Reply != nil {
			reply = of(o.Reply).goType.Name()
		}
		m.line("  %s: { command: %s; reply: %s };", o.Name(), of(o.Command).goType.Name(), reply)
	}
	m.line("}")
	m.line("")
	m.comment("", "What programs need to know of each operation: the type of its reply, who may ask, whether it appends to "+
		"the log of a channel, and whether its command has the members client_id and seen.")
	m.line("export const operations = {")
	for _, o := range wire.Operations() {
		reply := ""
		if o.Reply != nil {
			reply = o.Reply.Type()
		}
		has := map[string]bool{}
		for f := range fields(of(o.Command).goType) {
			has[f.member] = true
		}
		m.line("  %s: { reply: %q, asker: %q, change: %t, clientID: %t, seen: %t },", o.Name(), reply, askers[o.Asker], o.Change(), has["client_id"], has["seen"])
	}
	m.line("} as const;")
}

// frames writes the unions of frames, by type.
func (m *module) frames() {
	m.line("")
	m.comment("", "A frame from a client.")
	m.line("export type Command = Operations[keyof Operations][\"command\"];")
	m.line("")
	m.comment("", "The frames from the server, by type.")
	m.line("export interface Frames {")
	for _, f := range frames() {
		if !f.command {
			m.line("  %s: %s;", f.name, f.goType.Name())
		}
	}
	m.line("}")
	m.line("")
	m.comment("", "A frame from the server.")
	m.line("export type Frame = Frames[keyof Frames];")
}

// typeName returns the type of a value of JSON.
func typeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case slices.Contains(named, t) || slices.ContainsFunc(frames(), func(f frame) bool { return f.goType == t }):
		return t.Name()
	case t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8: // bytes are in base64
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Uint64:
		return "number"
	case t.Kind() == reflect.Slice:
		return typeName(t.Elem()) + "[]"
	case t.Kind() == reflect.Map:
		return "{ [name: string]: " + typeName(t.Elem()) + " }"
	default:
		panic(fmt.Sprintf("asyncapi: no TypeScript for %v", t)) // seen by the developer who adds such a member
	}
}

const commentColumns = 100

// comment writes a doc comment, in lines that fit.
func (m *module) comment(indent, text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(text, "*/", "* /")
	if short := indent + "/** " + text + " */"; utf8.RuneCountInString(short) <= commentColumns && !strings.Contains(text, "\n") {
		m.line("%s", short)
		return
	}
	m.line("%s/**", indent)
	for paragraph := range strings.SplitSeq(text, "\n") {
		for _, l := range wrap(paragraph, commentColumns-len(indent)-len(" * ")) {
			m.line("%s", strings.TrimRight(indent+" * "+l, " "))
		}
	}
	m.line("%s */", indent)
}

// wrap breaks a paragraph into lines of at most so many columns. It leaves code as it is.
func wrap(paragraph string, columns int) (lines []string) {
	if strings.HasPrefix(paragraph, "    ") || strings.TrimSpace(paragraph) == "" {
		return []string{paragraph}
	}
	line := ""
	for word := range strings.FieldsSeq(paragraph) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func lowerFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[size:]
}
