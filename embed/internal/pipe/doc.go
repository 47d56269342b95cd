// Package pipe provides a connection within a process that buffers what was written until it is
// read. With [net.Pipe] each write waits for its reader. That costs two goroutine switches for
// every buffer that crosses, and a timer for each deadline.
package pipe
