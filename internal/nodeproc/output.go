package nodeproc

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// keptOutput is how much of a process's output is kept for an error message.
const keptOutput = 64 << 10

// output takes a process's standard output and error. It passes both on, looks for readiness
// line by line, and keeps the end of the output.
type output struct {
	to    io.Writer     // may be nil
	ready chan struct{} // closed when the ready line was seen

	mu      sync.Mutex // guards the following
	match   func(string) bool
	at      time.Time // when the process was ready
	partial []byte
	kept    []byte
}

func newOutput(to io.Writer, match func(string) bool) *output {
	o := &output{to: to, ready: make(chan struct{}), match: match}
	if match == nil {
		o.at = time.Now()
		close(o.ready)
	}
	return o
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep(p)
	o.look(p)
	if o.to == nil {
		return len(p), nil
	}
	return o.to.Write(p)
}

// look looks for the line that says the process is ready.
func (o *output) look(p []byte) {
	if o.match == nil {
		return
	}
	o.partial = append(o.partial, p...)
	for o.match != nil {
		line, rest, found := bytes.Cut(o.partial, []byte{'\n'})
		if !found {
			return
		}
		o.partial = rest
		if o.match(string(line)) {
			o.at = time.Now()
			o.match, o.partial = nil, nil
			close(o.ready)
		}
	}
}

func (o *output) keep(p []byte) {
	o.kept = append(o.kept, p...)
	if over := len(o.kept) - keptOutput; over > keptOutput {
		o.kept = append(o.kept[:0], o.kept[over:]...)
	}
}

func (o *output) readyAt() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at
}

func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.kept[max(0, len(o.kept)-keptOutput):])
}
