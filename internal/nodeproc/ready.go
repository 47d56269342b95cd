package nodeproc

import "strings"

// readyPrefix begins the line that the server says once it serves.
const readyPrefix = "natterjack: ready "

// Addresses returns those that a line of the server names, if it is the one that says it is ready.
func Addresses(line string) (addresses string, ready bool) {
	return strings.CutPrefix(line, readyPrefix)
}

// IsReady reports whether a line of the server says that it is ready.
func IsReady(line string) bool { return strings.HasPrefix(line, readyPrefix) }

// Listens is where a node is, as it says when it is ready.
type Listens struct {
	HTTP string // http://… or https://…
	NATS string // nats://…
}

// Hear takes a line of a node's output, and reports whether it is the one that says it is ready.
func (l *Listens) Hear(line string) bool {
	addresses, ready := Addresses(line)
	for addr := range strings.FieldsSeq(addresses) {
		switch {
		case !ready:
		case strings.HasPrefix(addr, "http"):
			l.HTTP = addr
		case strings.HasPrefix(addr, "nats"):
			l.NATS = addr
		}
	}
	return ready
}
