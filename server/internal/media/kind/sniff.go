package kind

import (
	"mime"

	"github.com/gabriel-vasile/mimetype"
)

// HeadSize is how many of a file's first bytes [Sniff] wants.
const HeadSize = 3 << 10

// Class says in which way clients show a file.
type Class string

// The classes of files.
const (
	Image Class = "image"
	Video Class = "video"
	Audio Class = "audio"
	File  Class = "file" // a name, a size and a download
)

// Opaque is the media type of bytes of which nothing is known, or nothing may be said to a
// browser.
const Opaque = "application/octet-stream"

// Kind is the kind of a file.
type Kind struct {
	Type      string // the media type, without parameters: "image/jpeg"
	Class     Class
	extension string // the usual one, with its dot; empty if there is none
}

// Sniff returns the kind of the file that begins with head.
func Sniff(head []byte) Kind {
	if len(head) > HeadSize {
		head = head[:HeadSize]
	}
	found := mimetype.Detect(head)
	name, _, err := mime.ParseMediaType(found.String())
	if err != nil {
		return Kind{Type: Opaque, Class: File}
	}
	if usual, ok := aliases[name]; ok {
		name = usual
	}
	k := Kind{Type: name, Class: File, extension: found.Extension()}
	if shown, ok := inline[name]; ok {
		k.Class, k.extension = shown.class, shown.extensions[0]
	}
	return k
}

// Plain returns the same kind as a download. Files that cannot be cleaned are served so.
func (k Kind) Plain() Kind {
	k.Class = File
	return k
}

// aliases holds the names for which another one is usual.
var aliases = map[string]string{
	"image/apng":             "image/png",
	"image/vnd.mozilla.apng": "image/png",
	"audio/x-m4a":            "audio/mp4",
	"video/x-m4v":            "video/mp4",
	"application/ogg":        "audio/ogg", // a stream of Opus in Ogg may be told so
}
