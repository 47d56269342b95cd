// Package pushtest lets tests be those who are asked to tell users: they verify and decrypt what
// comes as real receivers do, by code of their own.
package pushtest
