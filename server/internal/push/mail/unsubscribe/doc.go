// Package unsubscribe turns the digest by mail off for a reader who has not signed in: by the
// button of a mail program (RFC 8058), or by a link in the mail.
//
// The link has a token in its path, which names the user to this server and tells others nothing.
// It opens nothing but this one switch, and only to off. It holds for as long as the log's key
// does, because a link in a mail that does not work any more makes people report the mail as spam.
// Anybody who gets hold of an old mail can turn the digest off again; the user sees that in their
// settings.
//
// GET changes nothing, because programs that look for viruses and previews follow links. It shows a
// page with a button. Only POST changes anything. It takes the form that mail programs send, and
// the form of the button: List-Unsubscribe=One-Click.
package unsubscribe
