package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// showEvery is how often progress is shown.
const (
	showEvery = 100 * time.Millisecond // to a person
	tellEvery = time.Second            // to a script
)

// bar shows how far a file has got: as a bar on a terminal, or as JSON lines. It shows nothing if
// the output for people is no terminal.
type bar struct {
	out   io.Writer // nil if nothing is to be shown
	json  *printer  // nil if a person reads
	file  string
	began time.Time
	shown time.Time
	first int64 // the bytes that were done at the beginning, or -1
	width int   // of the line on the terminal
}

func newBar(t *terminal, json bool, file string) *bar {
	b := &bar{file: file, began: time.Now(), first: -1}
	switch err, isFile := t.err.(*os.File); {
	case json:
		b.out, b.json = t.out, &printer{out: t.out, json: true}
	case isFile && isTerminal(err):
		b.out = err
	}
	return b
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// progress is a line for scripts.
type progress struct {
	File string `json:"file"`
	Done int64  `json:"done"` // bytes
	Size int64  `json:"size"`
}

// show shows how many bytes are done.
func (b *bar) show(done, size int64) {
	if b.first < 0 {
		b.first = done
	}
	every := showEvery
	if b.json != nil {
		every = tellEvery
	}
	if b.out == nil || done < size && time.Since(b.shown) < every {
		return
	}
	b.shown = time.Now()
	if b.json != nil {
		_ = b.json.object(progress{b.file, done, size}) // the result reports an output that is broken
		return
	}
	b.line(b.text(done, size))
}

// text returns the line of a terminal.
func (b *bar) text(done, size int64) string {
	const cells = 24
	full := cells
	if size > 0 {
		full = int(done * cells / size)
	}
	text := fmt.Sprintf("%s  [%s%s]  %s of %s", oneLine(b.file), strings.Repeat("#", full), strings.Repeat(".", cells-full), sized(done), sized(size))
	if took := time.Since(b.began); took > time.Second {
		text += fmt.Sprintf("  %s/s", sized(int64(float64(done-b.first)/took.Seconds())))
	}
	return text
}

// line replaces the line on the terminal.
func (b *bar) line(text string) {
	n := utf8.RuneCountInString(text)
	fmt.Fprint(b.out, "\r", text, strings.Repeat(" ", max(b.width-n, 0)))
	b.width = n
}

// end leaves the line.
func (b *bar) end() {
	if b.width > 0 {
		fmt.Fprintln(b.out)
	}
}
