// Package pipe is a connection within a process that holds what was written until it is read. With [net.Pipe] each write waits
// for its reader: two goroutine switches for every buffer that crosses, and a timer for each deadline.
package pipe
