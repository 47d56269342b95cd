// Command asyncapi writes asyncapi.yaml, the AsyncAPI 3.0 description of the protocol. It reads
// the Go types of package wire and their doc comments, so that each description is written
// once. The examples are the golden frames of wire's tests. Go types do not say which frame
// goes where and which frame answers which; that is in channels.go. The output depends on the
// source alone, byte by byte. The test of this package fails if asyncapi.yaml differs.
//
//	go run ./internal/asyncapi
package main
