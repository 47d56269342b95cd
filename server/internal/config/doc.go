// Package config reads the configuration of a node: first flags, then the environment, then the
// file, then defaults. The first of these that has a value counts. Everything is checked before
// anything is opened, and all errors are reported at once. Settings that can only be a mistake are
// refused: an unknown key or variable, a listener that lets strangers in, a cluster whose nodes
// would not trust each other's tokens.
package config
