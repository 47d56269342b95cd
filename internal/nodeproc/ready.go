package nodeproc

import "strings"

// readyPrefix is the prefix of the line that the server prints once it serves.
const readyPrefix = "natterjack: ready "

// Addresses returns the addresses in a line of the server, if it is the ready line.
func Addresses(line string) (addresses string, ready bool) {
	return strings.CutPrefix(line, readyPrefix)
}

// IsReady reports whether a line of the server is the ready line.
func IsReady(line string) bool { return strings.HasPrefix(line, readyPrefix) }

// Listens holds the addresses of a node, as its ready line names them.
type Listens struct {
	HTTP string // http://… or https://…
	NATS string // nats://…
}

// Hear reads a line of a node's output, and reports whether it is the ready line.
func (l *Listens) Hear(line string) bool {
	addresses, ready := Addresses(line)
	for addr := range strings.FieldsSeq(addresses) {
		switch {
		case !ready:
		case strings.Contains(addr, "#"): // the link that signs its reader in
		case strings.HasPrefix(addr, "http"):
			l.HTTP = addr
		case strings.HasPrefix(addr, "nats"):
			l.NATS = addr
		}
	}
	return ready
}
