// Package config reads what a node is told: flags, then environment, then the file, then defaults, the first that says something
// counting. Everything is checked before anything is opened, all that is wrong is reported at once, and what nobody can have
// meant is refused: an unknown key or variable, a listener that lets strangers in, a cluster whose nodes would not trust
// each other's tokens.
package config
