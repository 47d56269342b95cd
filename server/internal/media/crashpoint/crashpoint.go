// Package crashpoint names the points of an upload at which tests kill the process.
package crashpoint

import "natterjack/jetstream/crashpoint"

// Point names a place on the way of a file.
type Point = crashpoint.Point

// The points, in the order in which a file passes them.
const (
	Reserved  Point = "media_reserved"  // the record is stored, the client not told
	Started   Point = "media_started"   // an upload in parts has begun, the record does not say so
	Assembled Point = "media_assembled" // the parts are put together
	Fetched   Point = "media_fetched"   // the file is in a temporary file
	Inspected Point = "media_inspected" // cleaned, nothing stored
	Previewed Point = "media_previewed" // the previews are stored, not the original
	Kept      Point = "media_kept"      // all is stored, the record does not say so
	Recorded  Point = "media_recorded"  // the record says so, the upload is still there
	Tidied    Point = "media_tidied"    // the upload is removed, the client not told
)

// Reach kills the process if the test has chosen this point.
func Reach(p Point) { crashpoint.Reach(p) }
