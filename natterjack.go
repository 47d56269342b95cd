// Package natterjack holds the configuration that the server is shipped with, and its version.
package natterjack

import _ "embed" // for the file

// Configuration is nats.conf, which the server reads where it is given no other.
//
//go:embed nats.conf
var Configuration string

// Version is the program's, by semantic versioning.
const Version = "0.1.0"
