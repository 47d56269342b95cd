package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

func testRoot(t *testing.T) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func newGenerator(t *testing.T) *generator {
	t.Helper()
	dir := filepath.Join(testRoot(t), "server", "wire")
	d, err := readDocs(dir)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := readExamples(filepath.Join(dir, "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return &generator{docs: d, examples: examples}
}

func TestUpToDate(t *testing.T) {
	root := testRoot(t)
	files, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s is stale; run: go generate ./internal/asyncapi\n%s", name, cmp.Diff(strings.Split(string(got), "\n"), strings.Split(string(want), "\n")))
		}
	}
}

func TestDeterministic(t *testing.T) {
	first, err := generate(testRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := generate(testRoot(t))
		if err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(first, again, bytes.Equal) {
			t.Fatal("two runs differ")
		}
	}
}

// TestEveryFrameIsDescribed shows that the document describes every type of frame in wire.
func TestEveryFrameIsDescribed(t *testing.T) {
	g := newGenerator(t)
	described := map[string]bool{}
	for _, f := range frames() {
		described[f.goType.Name()] = true
		if len(g.examplesOf(f.name)) == 0 {
			t.Errorf("%s has no example", f.name)
		}
		if !spoken(f.name) {
			t.Errorf("%s is on no transport", f.name)
		}
	}
	files, err := filepath.Glob(filepath.Join(testRoot(t), "server", "wire", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Type" {
				continue
			}
			recv := f.Recv.List[0].Type
			if star, ok := recv.(*ast.StarExpr); ok {
				recv = star.X
			}
			// RawPage is a page in another form. NoReply stands for no frame.
			if name := recv.(*ast.Ident).Name; name == "RawPage" || name == "NoReply" {
				continue
			}
			found++
			if typeName := recv.(*ast.Ident).Name; !described[typeName] {
				t.Errorf("%s is not described", typeName)
			}
		}
	}
	if found != len(frames()) {
		t.Errorf("wire has %d types of frame, %d are described", found, len(frames()))
	}
}

// trial is an operation that only this test knows.
type trial struct{ wire.Ref }

func (trial) Type() string               { return "trial" }
func (trial) Validate(wire.Limits) error { return nil }

// TestTrialOperation shows that one row of the table is enough to describe an operation on
// every transport that offers it.
func TestTrialOperation(t *testing.T) {
	defer wire.Offer(wire.Row[trial, wire.Done](wire.ByAnybody, wire.ForRead))()
	text := string(newGenerator(t).yaml())
	for _, place := range []string{"websocket_trial:", "frames_trial:", "api_trial:", "api.{user}.trial"} {
		if !strings.Contains(text, place) {
			t.Errorf("%s is not in the document", place)
		}
	}
	module := string(newModule(newGenerator(t).docs, nil).bytes())
	for _, line := range []string{"export interface trial {", "  trial: { command: trial; reply: Done };", `  trial: { reply: "done", asker: "anybody", change: false, clientID: false, seen: false },`} {
		if !strings.Contains(module, line+"\n") {
			t.Errorf("%q is not in the module", line)
		}
	}
}

// TestEveryTypeIsInTheModule shows that the types that clients meet are in the TypeScript module.
func TestEveryTypeIsInTheModule(t *testing.T) {
	g := newGenerator(t)
	module := string(newModule(g.docs, nil).bytes())
	for _, n := range named {
		found := strings.Contains(module, "export interface "+n.Name()+" {\n") || strings.Contains(module, "export type "+n.Name()+" = ")
		if log := n == reflect.TypeFor[wire.Record](); found == log { // clients get events
			t.Errorf("%s is in the module: %v", n.Name(), found)
		}
	}
	for _, c := range g.docs.consts["Code"] {
		if !strings.Contains(module, "  | \""+c.value+"\"") {
			t.Errorf("the code %s is not in the module", c.value)
		}
	}
}

// TestReadConstants shows that constants are computed, that their order is that of the source, and
// that those with a type are left out.
func TestReadConstants(t *testing.T) {
	all, err := readConstants(filepath.Join(testRoot(t), "server", "wire"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, c := range all {
		values[c.name] = c.value
	}
	for name, want := range map[string]string{
		"MaxFileBytes": strconv.Itoa(wire.MaxFileBytes), "MaxChannelLen": strconv.Itoa(wire.MaxChannelLen),
		"Version": strconv.Itoa(wire.Version), "PathWebSocket": strconv.Quote(wire.PathWebSocket),
		"CloseSlow": "", "CodeQuota": "", "Separator": "", "ConnectTimeout": "",
	} {
		if values[name] != want {
			t.Errorf("%s = %s, want %s", name, values[name], want)
		}
	}
}

// TestComment shows how comments are broken into lines.
func TestComment(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for text, want := range map[string]string{
		"":                         "",
		"short":                    "  /** short */\n",
		"ends */ early":            "  /** ends * / early */\n",
		long:                       "  /**\n   * " + strings.Repeat(" word", 19)[1:] + "\n   * " + strings.Repeat(" word", 11)[1:] + "\n   */\n",
		"one\n\ntwo\n\n    code  ": "  /**\n   * one\n   *\n   * two\n   *\n   *     code\n   */\n",
	} {
		m := newModule(nil, nil)
		m.comment("  ", text)
		if got := m.text.String(); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func spoken(name string) bool {
	for _, tr := range transports() {
		if slices.Contains(tr.in, name) || slices.Contains(tr.out, name) {
			return true
		}
	}
	return false
}

// TestEverythingIsDocumented shows that every type, code and close code has a description in
// the document.
func TestEverythingIsDocumented(t *testing.T) {
	g := newGenerator(t)
	for _, f := range frames() {
		if g.docs.types[f.goType.Name()] == "" {
			t.Errorf("%s has no doc comment", f.goType.Name())
		}
	}
	for _, n := range named {
		if g.docs.types[n.Name()] == "" {
			t.Errorf("%s has no doc comment", n.Name())
		}
	}
	for _, typeName := range []string{"Code", "CloseCode"} {
		if len(g.docs.consts[typeName]) == 0 {
			t.Errorf("no constants of %s", typeName)
		}
		for _, c := range g.docs.consts[typeName] {
			if c.doc == "" {
				t.Errorf("%s has no comment", c.name)
			}
		}
	}
	for key := range patterns {
		typeName, field, _ := strings.Cut(key, ".")
		if _, ok := g.docs.fields[typeName+"."+field]; !ok {
			t.Errorf("there is a pattern for %s, which is not a field", key)
		}
	}
}

// TestGoldenFramesAreOfTheirSchema checks frames that the codec really writes against the
// schemas.
func TestGoldenFramesAreOfTheirSchema(t *testing.T) {
	g := newGenerator(t)
	v := newValidator(t, g)
	seen := map[string]bool{}
	for name, frame := range g.examples {
		var head struct{ Type string }
		if err := json.Unmarshal(frame, &head); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_empty") && head.Type == "welcome" {
			continue // a zero frame, which no server sends
		}
		seen[head.Type] = true
		if err := v.validate(t, schemaOf(head.Type), frame); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(seen) != len(frames()) {
		t.Errorf("%d of %d types of frame were tried", len(seen), len(frames()))
	}
}

func TestSchemasRefuse(t *testing.T) {
	v := newValidator(t, newGenerator(t))
	for name, c := range map[string]struct{ schema, value string }{
		"unknown_member":  {"Send", `{"type":"send","to":"bob","client_id":"c","content":{"text":"x"},"what":1}`},
		"other_type":      {"Send", `{"type":"pong","to":"bob","client_id":"c","content":{"text":"x"}}`},
		"no_type":         {"Send", `{"to":"bob","client_id":"c","content":{"text":"x"}}`},
		"user_case":       {"Send", `{"type":"send","to":"Bob","client_id":"c","content":{"text":"x"}}`},
		"type_in_body":    {"SendBody", `{"type":"send","to":"bob","client_id":"c","content":{"text":"x"}}`},
		"negative":        {"History", `{"type":"history","channel":"alice~bob","before":-1}`},
		"not_a_number":    {"Ack", `{"type":"ack","id":"m","client_id":"c","channel":"alice~bob","seq":"1","shard":0,"pos":1,"timestamp":1}`},
		"position_string": {"Connect", `{"type":"connect","v":1,"resume":{"epoch":"e","positions":["1"]}}`},
		"code_number":     {"Error", `{"type":"error","code":5,"message":"m","retryable":false}`},
	} {
		if v.validate(t, c.schema, json.RawMessage(c.value)) == nil {
			t.Errorf("%s: %s is of schema %s", name, c.value, c.schema)
		}
	}
	for name, c := range map[string]struct{ schema, value string }{
		"new_code":       {"Error", `{"type":"error","code":"quantum","message":"m","retryable":false}`},
		"new_member":     {"Ack", `{"type":"ack","id":"m","client_id":"c","channel":"alice~bob","seq":1,"shard":0,"pos":1,"timestamp":1,"mood":"good"}`},
		"no_client_id":   {"SendBody", `{"to":"bob","content":{"text":"x"}}`},
		"nothing_needed": {"ListChannelsBody", `{}`},
	} {
		if err := v.validate(t, c.schema, json.RawMessage(c.value)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func schemaOf(frameType string) string {
	for _, f := range frames() {
		if f.name == frameType {
			return f.goType.Name()
		}
	}
	return ""
}

// validator checks values against the schemas. All schemas are members of one schema, which is
// resolved once, because resolving is slow.
type validator struct{ resolved *jsonschema.Resolved }

func newValidator(t *testing.T, g *generator) *validator {
	t.Helper()
	schemas := g.schemas()
	var refs object
	for _, m := range schemas {
		refs = append(refs, member{m.key, object{{"$ref", schemaRef + m.key}}})
	}
	data := strings.ReplaceAll(string(asJSON(t, object{{"properties", refs}, {"$defs", schemas}})), schemaRef, "#/$defs/")
	var schema jsonschema.Schema
	if err := json.Unmarshal([]byte(data), &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &validator{resolved}
}

func (v *validator) validate(t *testing.T, name string, value json.RawMessage) error {
	t.Helper()
	var instance any
	if err := json.Unmarshal(value, &instance); err != nil {
		t.Fatal(err)
	}
	return v.resolved.Validate(map[string]any{name: instance})
}

func asJSON(t *testing.T, value any) []byte {
	t.Helper()
	switch v := value.(type) {
	case object:
		var parts []string
		for _, m := range v {
			parts = append(parts, string(asJSON(t, m.key))+":"+string(asJSON(t, m.value)))
		}
		return []byte("{" + strings.Join(parts, ",") + "}")
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, string(asJSON(t, item)))
		}
		return []byte("[" + strings.Join(parts, ",") + "]")
	default:
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
}

// TestPatterns checks that the patterns of the document accept the same names as the code.
func TestPatterns(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		valid   func(string) bool
	}{
		"user":      {userPattern, wire.ValidUser},
		"client_id": {clientIDPattern, wire.ValidClientID},
	} {
		re := regexp.MustCompile(c.pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9_~ -]{0,70}`), rapid.String()).Draw(t, name)
			if re.MatchString(s) != c.valid(s) {
				t.Fatalf("%s: %q is valid: %v", name, s, c.valid(s))
			}
		})
	}
	// A pattern cannot express the order of the two users of a direct channel. So every valid
	// name has to match it, but not the reverse.
	re := regexp.MustCompile(channelPattern)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[a-z0-9_-]{0,65}~[a-z0-9_-]{0,65}`), rapid.StringMatching(`g[a-z1-8]{23,25}`)).Draw(t, "channel")
		if wire.ValidChannel(s) && !re.MatchString(s) {
			t.Fatalf("%q is a channel", s)
		}
		if re.MatchString(s) && !wire.ValidChannel(s) && !strings.Contains(s, "~") {
			t.Fatalf("%q is not a channel", s)
		}
	})
}

// TestYAML shows that written values read as they were, in their order, with JSON as it stands.
func TestYAML(t *testing.T) {
	text := encodeYAML(object{
		{"z", "a word, and (more)"},
		{"colon", "a: b"},
		{"hash", "a # b"},
		{"number", "50"},
		{"dash", "- a"},
		{"yes", "no"},
		{"unicode", "…"},
		{"quotes", `"x" \n`},
		{"block", "one\n\n  two\nthree"},
		{"empty", []any{}},
		{"nothing", object{}},
		{"list", []any{"a", object{{"k", 1}, {"l", []any{true}}}}},
		{"a", object{{"deep", object{{"at", json.RawMessage(`{"b":[1,null,"👍<&"],"a":"50"}`)}}}}},
		{"skipped", object{}.with("x", "")},
	})
	var got map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"z": "a word, and (more)", "colon": "a: b", "hash": "a # b", "number": "50", "dash": "- a", "yes": "no", "unicode": "…", "quotes": `"x" \n`,
		"block": "one\n\n  two\nthree", "empty": []any{}, "nothing": map[string]any{}, "list": []any{"a", map[string]any{"k": 1, "l": []any{true}}},
		"a":       map[string]any{"deep": map[string]any{"at": map[string]any{"b": []any{1, nil, "👍<&"}, "a": "50"}}},
		"skipped": map[string]any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if i, j := bytes.Index(text, []byte("\nskipped:")), bytes.Index(text, []byte("\na:")); i < j {
		t.Errorf("members have changed places:\n%s", text)
	}
}

func TestSummary(t *testing.T) {
	for text, want := range map[string]string{"One. Two.": "One", "One.": "One", "": "", "a.b": "a.b"} {
		if got := summary(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
