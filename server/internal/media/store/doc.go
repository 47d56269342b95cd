// Package store speaks to media storage: to a MinIO or any other S3, or to the gateway that a
// node runs itself (package embed/s3). The code is the same for all of them. No other package
// speaks S3.
//
// Bytes of clients do not pass here. A client gets a [Link], a presigned URL for one request, and
// talks to storage itself. Signing needs no network. The node's own reads and writes are calls
// that ask storage. Each is bounded in time. While storage is down, calls are refused at once,
// and one call now and then finds out whether it is back.
//
// No URL and no secret is in an error or a log: errors of minio-go are taken apart, and only S3's
// code and the cause of a network error are kept.
package store
