package check

import "fmt"

// Kind of a violation.
type Kind string

// What can be wrong.
const (
	Lost      Kind = "lost"      // acknowledged, or shown to somebody, and not shown where it should be
	Doubled   Kind = "doubled"   // stored or shown twice; or two messages with one id
	Reordered Kind = "reordered" // shown in another order than that of seq and pos
	Hole      Kind = "hole"      // a seq below the highest that no message has
	Phantom   Kind = "phantom"   // shown, and sent by nobody
	Changed   Kind = "changed"   // not as it was sent, or not the same for everybody
	Misled    Kind = "misled"    // the answer told something else than the event
	Leaked    Kind = "leaked"    // shown to somebody who is not a member
	Overtaken Kind = "overtaken" // stored before one that the same sender had sent before it
)

// Violation is one promise broken.
type Violation struct {
	Kind    Kind
	Channel string
	Detail  string
}

// String says it in one line.
func (v Violation) String() string { return fmt.Sprintf("%s in %s: %s", v.Kind, v.Channel, v.Detail) }

// report gathers violations.
type report struct{ found []Violation }

func (r *report) add(kind Kind, channel, format string, args ...any) {
	r.found = append(r.found, Violation{kind, channel, fmt.Sprintf(format, args...)})
}
