// Package push holds the parts that all ways of telling an absent user share: the [Notification],
// its [Target], and the [Outcome].
//
// Each way is a package of its own with a [Sender]. A sender tries once, within bounded time, and
// returns the meaning of the answer. It never waits to try again: the queue of jobs does.
//
// Endpoints, tokens and keys are secrets of the user: anybody who has them can send the user
// notifications. None of them is in an outcome.
package push
