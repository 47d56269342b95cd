//go:build unix

package main

import (
	"regexp"
	"slices"
	"strings"
)

// step is a command of a document with its expected output.
type step struct {
	line       int // in the document, from 1
	command    string
	output     []string
	background bool
	terminal   bool
	fails      bool
	skip       bool
}

const (
	fence    = "```"
	stopHere = "<!-- stop -->"
)

// parse returns the commands in a document's console blocks.
func parse(document string) []step {
	var steps []step
	var words []string // after the fence that began the block; nil outside a block
	for i, line := range strings.Split(document, "\n") {
		info, isFence := strings.CutPrefix(line, fence)
		switch {
		case isFence && words == nil:
			words = append(strings.Fields(info), "")
		case isFence:
			words = nil
		case line == stopHere:
			steps = append(steps, step{line: i + 1, command: stopHere})
		case words == nil || words[0] != "console":
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{
				line: i + 1, command: line[len("$ "):],
				background: slices.Contains(words, "background"), terminal: slices.Contains(words, "terminal"),
				fails: slices.Contains(words, "fails"), skip: slices.Contains(words, "skip"),
			})
		case len(steps) > 0:
			last := &steps[len(steps)-1]
			if continued, ok := strings.CutSuffix(last.command, `\`); ok && len(last.output) == 0 {
				last.command = continued + strings.TrimSpace(line)
				continue
			}
			last.output = append(last.output, line)
		}
	}
	return steps
}

// varying matches text that differs between two runs: ids, times, numbers, and the width of the
// columns that hold them.
var varying = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\x1b\[[0-9;]*m`), ""}, // colours
	{regexp.MustCompile(`/#secret=\S*`), ""},   // of the sign-in
	{regexp.MustCompile(`\b[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{11,}\b`), "ID"},
	{regexp.MustCompile(`\b[A-Za-z0-9_-]{20,}\b`), "ID"}, // ids without a digit, or with only a late one
	{regexp.MustCompile(`[0-9]+(\.[0-9]+)?(µs|ms|[smh])\b`), "DURATION"},
	{regexp.MustCompile(`[0-9]+`), "N"},
	{regexp.MustCompile(`[─═]+`), "─"},
	{regexp.MustCompile(`\s+`), " "},
}

func normal(line string) string {
	for _, v := range varying {
		line = v.pattern.ReplaceAllString(line, v.with)
	}
	return strings.TrimSpace(line)
}

// matches reports whether got equals the lines of the document, apart from the text that differs
// between runs. "…" stands for any lines.
func matches(said, got []string) bool {
	said, got = normalLines(said), normalLines(got)
	for len(said) > 0 {
		if said[0] == "…" {
			for rest := range len(got) + 1 {
				if matches(said[1:], got[rest:]) {
					return true
				}
			}
			return false
		}
		if len(got) == 0 || said[0] != got[0] {
			return false
		}
		said, got = said[1:], got[1:]
	}
	return len(got) == 0
}

func normalLines(lines []string) []string {
	var out []string
	for _, line := range lines {
		if line = normal(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
