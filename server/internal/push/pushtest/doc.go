// Package pushtest has receivers of notifications for tests. They verify and decrypt requests as
// real receivers do, by code of their own.
package pushtest
