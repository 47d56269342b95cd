// Command asyncapi writes asyncapi.yaml, the AsyncAPI 3.0 description of the protocol, from the Go types of package wire and their doc
// comments: what is said there is said once. The examples are the golden frames of wire's tests. What Go does not say, which
// frame goes where and what answers what, is in channels.go. The output follows from the source alone, byte by byte; the test of this
// package fails where asyncapi.yaml is another.
//
//	go run ./internal/asyncapi
package main
