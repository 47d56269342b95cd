// Package house holds the tests of the repository itself: which package may import which, that every package says what
// it is, that the modules are pinned, and that what the documents point at is there. It has no code of its own.
package house
