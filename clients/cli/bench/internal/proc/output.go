package proc

import (
	"bytes"
	"sync"
	"time"
)

// keptOutput is how much of a process's output is kept for an error message.
const keptOutput = 64 << 10

// output takes a process's standard output and error. It looks for readiness line by line and keeps the end of what was said.
type output struct {
	ready chan struct{} // closed when the ready line was seen

	mu      sync.Mutex // protects following
	match   func(string) bool
	readyAt time.Time
	partial []byte
	kept    []byte
}

func newOutput(match func(string) bool) *output {
	o := &output{ready: make(chan struct{}), match: match}
	if match == nil {
		o.readyAt = time.Now()
		close(o.ready)
	}
	return o
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keep(p)
	if o.match == nil {
		return len(p), nil
	}
	o.partial = append(o.partial, p...)
	for o.match != nil {
		line, rest, found := bytes.Cut(o.partial, []byte{'\n'})
		if !found {
			break
		}
		o.partial = rest
		if o.match(string(line)) {
			o.readyAt = time.Now()
			o.match, o.partial = nil, nil
			close(o.ready)
		}
	}
	return len(p), nil
}

func (o *output) keep(p []byte) {
	o.kept = append(o.kept, p...)
	if over := len(o.kept) - keptOutput; over > keptOutput {
		o.kept = append(o.kept[:0], o.kept[over:]...)
	}
}

func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.kept[max(0, len(o.kept)-keptOutput):])
}
