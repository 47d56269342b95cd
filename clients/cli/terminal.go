package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// terminal holds the streams that a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	color    bool
	getenv   func(string) string
}

// newTerminal colours only the output that a person sees, and not if they asked for none
// (https://no-color.org).
func newTerminal(in io.Reader, out *os.File, err io.Writer, getenv func(string) string) *terminal {
	t := &terminal{in: in, out: out, err: err, getenv: getenv}
	info, statErr := out.Stat()
	t.color = statErr == nil && info.Mode()&os.ModeCharDevice != 0 && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	return t
}

// note prints a message for people, apart from the output.
func (t *terminal) note(format string, args ...any) {
	fmt.Fprintf(t.err, "natter: %s\n", oneLine(fmt.Sprintf(format, args...)))
}

// fail prints why a command failed and what to do about it, and returns the exit code.
func (t *terminal) fail(err error) int {
	text, hint := explain(err)
	t.note("%s", text)
	if hint != "" {
		fmt.Fprintf(t.err, "hint: %s\n", oneLine(hint))
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFault
}

// textBytes bounds one message that is read from a file or a pipe. Servers allow less.
const textBytes = 1 << 20

// text returns the argument, or reads a text if the argument is "-".
func (t *terminal) text(arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	data, err := io.ReadAll(io.LimitReader(t.in, textBytes+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the text: %w", err)
	case len(data) > textBytes:
		return "", fmt.Errorf("read the text: it is longer than %d bytes; send it in parts, or as a file", textBytes)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}
