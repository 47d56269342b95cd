// Package wording writes what a notification says: its title and body, in the language of the user
// who is told, and no more than the user's privacy allows.
//
// A text is shown as a reader would say it: without the marks of Markdown, on one line, and cut
// after a whole character as readers count them. Nothing in it can turn the direction of what
// stands around it.
package wording
