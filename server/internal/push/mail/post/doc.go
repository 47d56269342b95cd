// Package post gives mail to a mail server by SMTP (RFC 5321), and returns the result.
//
// A try has a connection of its own, bounded time, and bounded bytes to read. So a server that
// hangs, or talks without an end, costs the job that asked it and nothing else. TLS is required,
// by STARTTLS or from the first byte, unless the operator says otherwise; a password never crosses
// a network without it.
//
// The answer of a server is told in stable words with its code. Its texts are not: they quote
// addresses.
package post
