// Package kind finds out the kind of an uploaded file, and how it may be served. The first bytes of
// a file decide, never the type or the name that its sender claims. Only types that browsers show
// without running anything in them are served inline; everything else is a download. The package
// also makes the names of files safe for headers and for the disks of users who save them.
package kind
