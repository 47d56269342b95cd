// Package prefs knows what users have set about being told: their levels, mutes, quiet hours and
// the like, in the form in which decisions need it, and in memory.
//
// A decision about a message asks for hundreds of users. What one of them has set is read from the
// view once, and is forgotten when the user sets something else.
package prefs
