// Package conf reads a configuration in the syntax of the NATS server, in which one top-level
// block belongs to us and not to the NATS server.
//
// The server's own parser reads the file twice: once for the block and once for the server's
// options. So quoting, comments, includes and variables mean the same in the block as around
// it. If a key has two values, the later one counts. The server reports a top-level key that it
// does not know, and goes on. Of these reports, the one about the block is dropped, and any
// other stays an error. The alternative, to cut the block out of the text, would need a second
// lexer that agrees with the first, and would change the line numbers in errors.
package conf
