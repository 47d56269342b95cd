// Package prefs holds the settings of users about notifications in memory: their levels, mutes,
// quiet hours and the like, in the form that decisions need.
//
// A decision about a message asks for hundreds of users. The settings of a user are read from the
// view once, and are forgotten when the user changes one.
package prefs
