package kind

import "slices"

// shown says how clients show a type that is served inline.
type shown struct {
	class      Class
	extensions []string // the extensions of its files; the first one is the usual one
}

// inline holds the types that browsers show, or play, without running anything in them. SVG,
// HTML and XML must never be here: they carry scripts, which would run as the server's own.
var inline = map[string]shown{
	"image/jpeg":      {Image, []string{".jpg", ".jpeg", ".jpe", ".jfif"}},
	"image/png":       {Image, []string{".png", ".apng"}},
	"image/gif":       {Image, []string{".gif"}},
	"image/webp":      {Image, []string{".webp"}},
	"image/avif":      {Image, []string{".avif"}},
	"video/mp4":       {Video, []string{".mp4", ".m4v"}},
	"video/webm":      {Video, []string{".webm"}},
	"video/quicktime": {Video, []string{".mov", ".qt"}},
	"video/ogg":       {Video, []string{".ogv", ".ogg"}},
	"audio/mpeg":      {Audio, []string{".mp3"}},
	"audio/mp4":       {Audio, []string{".m4a", ".m4b", ".mp4"}},
	"audio/aac":       {Audio, []string{".aac"}},
	"audio/ogg":       {Audio, []string{".ogg", ".oga", ".opus"}},
	"audio/webm":      {Audio, []string{".webm", ".weba"}},
	"audio/wav":       {Audio, []string{".wav"}},
	"audio/flac":      {Audio, []string{".flac"}},
}

// downloads holds the types that a download may have. Each lets the receiving system choose a
// program; none is rendered by browsers as a page. All other types are downloaded as [Opaque].
var downloads = []string{
	"application/epub+zip",
	"application/gzip",
	"application/json",
	"application/msword",
	"application/pdf",
	"application/vnd.ms-excel",
	"application/vnd.ms-powerpoint",
	"application/vnd.oasis.opendocument.presentation",
	"application/vnd.oasis.opendocument.spreadsheet",
	"application/vnd.oasis.opendocument.text",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/x-7z-compressed",
	"application/x-tar",
	"application/zip",
	"audio/aiff",
	"audio/amr",
	"audio/midi",
	"image/bmp",
	"image/heic",
	"image/heif",
	"image/tiff",
	"text/calendar",
	"text/csv",
	"text/plain",
	"text/vcard",
	"video/3gpp",
	"video/matroska",
	"video/mpeg",
	"video/x-msvideo",
}

// Inline reports whether browsers may show the file in a page.
func (k Kind) Inline() bool {
	s, ok := inline[k.Type]
	return ok && s.class == k.Class
}

// ContentType returns the value of the header Content-Type with which the file is served.
func (k Kind) ContentType() string {
	_, known := inline[k.Type]
	switch {
	case k.Type == "text/plain":
		return "text/plain; charset=utf-8"
	case known, slices.Contains(downloads, k.Type):
		return k.Type
	default:
		return Opaque
	}
}

// Sound returns the kind of a file whose container could hold pictures but holds only sound.
func (k Kind) Sound() Kind {
	switch k.Type {
	case "video/mp4", "video/quicktime":
		k.Type = "audio/mp4"
	case "video/webm":
		k.Type = "audio/webm"
	case "video/ogg":
		k.Type = "audio/ogg"
	default:
		return k
	}
	k.Class, k.extension = Audio, inline[k.Type].extensions[0]
	return k
}
