// Package decide says whether a user is told of a message, now, later, or not at all, and why.
//
// It is pure: [Decide] is given all [Facts] and the time, makes no requests and keeps no state. If
// a user is to be told later, the decision is made again then, with the facts of that time. So a
// message that was read meanwhile is not told, and neither is a user who has left meanwhile.
//
// The gates, in order; the first that closes says why:
//
//	own, not_member, blocked, deleted,
//	hidden, read, old                    never, whatever the user has set
//	muted, level                         never, but for what the user lets pass
//	snoozed, quiet                       later, at the end, but for what the user lets pass
//	active                               later, unless it is read on the other device until then
//	rate                                 later, when the user's rate allows it
package decide
