package check

import "fmt"

// Kind is the kind of a violation.
type Kind string

// The kinds of violations.
const (
	Lost      Kind = "lost"      // acknowledged, or shown to some user, but not shown where it should be
	Doubled   Kind = "doubled"   // stored or shown twice; or two messages with one id
	Reordered Kind = "reordered" // shown in an order that differs from the order of seq and pos
	Hole      Kind = "hole"      // no message has this seq, which is below the highest
	Phantom   Kind = "phantom"   // shown, but never sent
	Changed   Kind = "changed"   // not as it was sent, or not the same for all users
	Misled    Kind = "misled"    // the answer and the event differ
	Leaked    Kind = "leaked"    // shown to a user who is not a member
	Overtaken Kind = "overtaken" // stored before a message that the same sender had sent earlier
)

// Violation is one broken promise.
type Violation struct {
	Kind    Kind
	Channel string
	Detail  string
}

// String returns the violation in one line.
func (v Violation) String() string { return fmt.Sprintf("%s in %s: %s", v.Kind, v.Channel, v.Detail) }

// report collects violations.
type report struct{ found []Violation }

func (r *report) add(kind Kind, channel, format string, args ...any) {
	r.found = append(r.found, Violation{kind, channel, fmt.Sprintf(format, args...)})
}
