// Package conf reads configuration in the syntax of the NATS server, of which one top-level block is not the NATS server's but ours.
//
// The server's own parser reads the file, once for the block and once for the server's options, so quoting, comments,
// includes and variables mean in the block what they mean around it; of two values for a key the later counts. The server
// reports a top-level key that it does not know and goes on; of these reports, the one about the block is dropped, and any
// other stays an error. Cutting the block out of the text instead would need a second lexer to agree with the first, and moves
// the line numbers of errors.
package conf
