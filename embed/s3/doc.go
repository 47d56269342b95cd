// Package s3 is a small S3 server on a directory of the local disk, for a node that has no S3 to
// store media in. It implements the requests that the node and its clients make, and those that a
// migration to another S3 needs. It answers everything else with 501: nothing is ignored in
// silence.
//
// An object is durable before its request is answered. A file holds the bytes and has a random
// name. A record beside it holds the key, and names the file. Storing is therefore:
//
//	file ─► sync ─► its directory ─► record ─► sync ─► rename ─► its directory ─► answer
//
// Directories are synced too. The rename decides: before it, nothing has changed, and after it,
// everything has. Copying an object and completing an upload in parts link files, and copy no
// bytes. Files that no record names are left by a crash, and the next start removes them.
//
// Requests are signed, in the header or in the URL (Signature Version 4). There is one pair of
// keys, for everything. There are no users, no policies, and no anonymous access.
//
// The gateway of versitygw, which is much larger and well kept, cannot be used inside another
// program: its store on disk changes the working directory of the whole process for good, and
// there can be only one. Besides, it syncs nothing.
package s3
