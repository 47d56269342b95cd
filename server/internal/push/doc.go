// Package push holds what all ways of telling an absent user have in common: what they are told
// ([Notification]), where ([Target]), and what became of it ([Outcome]).
//
// Each way is a package of its own with a [Sender]. A sender tries once, within bounded time, and
// says what the answer means. It never waits to try again: the queue of jobs does.
//
// Endpoints, tokens and keys are secrets of the user: who has them can tell the user something.
// None of them is in an outcome.
package push
