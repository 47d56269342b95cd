//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const document = "# Title\n" +
	"```console\n$ echo one \\\n    two\none two\n$ true\n```\n" +
	"```sh\n$ not this\n```\n" +
	"text\n```console background\n$ serve\nready\n```\n<!-- stop -->\n```console terminal skip\n$ rm -rf /\n```\n"

func TestParseTakesCommandsAndTheirOutput(t *testing.T) {
	want := []step{
		{line: 3, command: "echo one two", output: []string{"one two"}},
		{line: 6, command: "true"},
		{line: 13, command: "serve", output: []string{"ready"}, background: true},
		{line: 16, command: stopHere},
		{line: 18, command: "rm -rf /", terminal: true, skip: true},
	}
	if diff := cmp.Diff(want, parse(document), cmp.AllowUnexported(step{})); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestMatchesButForWhatVaries(t *testing.T) {
	for name, c := range map[string]struct {
		said, got string
		want      bool
	}{
		"the same":        {"stored as 1", "stored as 1", true},
		"another number":  {"stored as 1", "stored as 42", true},
		"another id":      {"id 01K3ZJ7Q0G5T9W", "id 7cafe0babe01-aa7", true},
		"a secret's link": {"ready http://127.0.0.1:8080/#secret=… nats://a", "ready http://127.0.0.1:1 nats://a", true},
		"another word":    {"stored as 1", "refused as 1", false},
		"wider columns":   {"│ a │ 1 │", "│ a   │ 1000 │", true},
		"a line more":     {"a", "a\nb", false},
		"a line less":     {"a\nb", "a", false},
		"anything after":  {"a\n…", "a\nb\nc", true},
		"anything before": {"…\nc", "a\nb\nc", true},
		"between":         {"a\n…\nd", "a\nb\nc\nd", true},
		"not between":     {"a\n…\ne", "a\nb\nc\nd", false},
		"nothing between": {"a\n…\nb", "a\nb", true},
	} {
		if got := matches(strings.Split(c.said, "\n"), strings.Split(c.got, "\n")); got != c.want {
			t.Errorf("%s: matches is %v, want %v", name, got, c.want)
		}
	}
}

func TestShellJudgesWhatIsPrinted(t *testing.T) {
	s := &shell{dir: t.TempDir()}
	defer s.close()
	for _, st := range []step{
		{command: "echo it is 7", output: []string{"it is 8"}},
		{command: "echo ready; exec sleep 60", output: []string{"ready"}, background: true},
		{command: "true"},
		{command: "echo no; exit 3", output: []string{"no"}, fails: true},
		{command: "export A=b"},
		{command: "echo a is $A", output: []string{"a is b"}},
		{command: "test -t 1 && echo yes", output: []string{"yes"}, terminal: true},
		{command: stopHere},
	} {
		if err := s.do(t.Context(), st); err != nil {
			t.Errorf("%s: %v", st.command, err)
		}
	}
	for _, st := range []step{
		{command: "echo one", output: []string{"two"}},
		{command: "exit 3"},
		{command: "true", fails: true},
	} {
		if err := s.do(t.Context(), st); err == nil {
			t.Errorf("%s: no error", st.command)
		}
	}
}
