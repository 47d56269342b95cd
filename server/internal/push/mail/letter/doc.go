// Package letter writes the mail that tells a user of missed messages: in the user's language and
// time zone, as plain text and as simple HTML, with no more than the user's privacy allows.
//
// Names and texts were typed by other users. Each is on one line, without characters that control
// anything. The HTML escapes them by where they stand. So the writer of a message cannot add a
// header, a part or markup to another user's mail.
//
// A letter fetches nothing when it is read: it has no pictures, fonts or styles from elsewhere. Its
// links lead into the app, and work for a reader who signs in there. The only one that works
// without is the one that turns the digest off.
package letter
