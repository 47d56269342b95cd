// Package house holds the tests of the repository itself: which package may import which, that
// every package has a doc comment, that the modules are pinned, that the documents point only
// at things that exist, and how comments are written. It has no code of its own.
package house
