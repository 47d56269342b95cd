// Command asyncapi describes the protocol for those who do not read Go. It reads the Go types of
// package wire and their doc comments, so that each description is written once, and writes two
// files:
//
//   - asyncapi.yaml, an AsyncAPI 3.0 document. Its examples are the golden frames of wire's tests.
//   - clients/ts/src/wire.gen.ts, the types, limits and codes for clients in TypeScript.
//
// Go types do not say which frame goes where; that is in channels.go. The output depends on the
// source alone, byte by byte. The test of this package fails if a file differs.
//
//	go run ./internal/asyncapi
package main
