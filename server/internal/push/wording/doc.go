// Package wording writes the title and the body of a notification, in the language of its user, and
// with no more than the user's privacy allows.
//
// A text is shown as a reader would say it: without the marks of Markdown, on one line, and cut
// after a whole character as readers count them. Nothing in it can turn the direction of the text
// around it.
package wording
