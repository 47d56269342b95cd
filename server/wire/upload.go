package wire

import "unicode/utf8"

// Limits of the members that a client gives about a file.
const (
	MaxClaimedNameBytes = 1024    // of the name as the sender has it; it is made safe and cut
	MaxUploadParts      = 64      // whose requests one reply has
	MaxFileBytes        = 5 << 40 // no storage takes larger files; a server's own limit is far below
)

// uploadOperations are about files: how they get to storage, and from there to members. The
// bytes of files are never part of a frame.
var uploadOperations = []*Operation{
	Row[ReserveUpload, Upload](ByAnybody, ForCommit),
	Row[ResumeUpload, Upload](ByAnybody, ForCommit),
	Row[CompleteUpload, Attached](ByAnybody, ForCommit),
	read[GetMedia, MediaURL](),
	read[GetStorage, Storage](),
}

// ReserveUpload asks for room for a file that the caller wants to send to a channel, or wants to be
// a picture of it, and how to upload it. The caller must be allowed to do that, and have room left,
// as the channel must.
// Then the caller makes the requests of the reply, gives complete_upload, and sends a message
// with the ticket that answers it.
//
// A retry with the same members finds the same upload, on any node: the answer names the parts that
// are still missing. So a client that derives the ClientID from the file goes on with an upload
// after it was started again.
type ReserveUpload struct {
	Ref
	Channel   string `json:"channel"`
	ClientID  string `json:"client_id"`
	Name      string `json:"name"` // of the file, without a path
	Size      int64  `json:"size"` // bytes
	MediaType string `json:"media_type,omitzero"`
	SHA256    string `json:"sha256"` // of the file, 64 digits in hex
	// The purpose of the file: a message, unless set to picture.
	Purpose Purpose `json:"purpose,omitzero"`
}

// Purpose says for which use a file is uploaded.
type Purpose string

// The purposes.
const (
	ForMessage Purpose = ""
	// A picture of the caller, if the channel is the caller's own, or of a group, if the caller
	// may rename that group. It must be a JPEG, PNG, GIF or WebP file. The server cuts a square
	// out of its middle and keeps only that. The ticket is for set_profile or update_channel.
	ForPicture Purpose = "picture"
)

// Type implements [Command].
func (ReserveUpload) Type() string { return "reserve_upload" }

// Validate implements [Command].
func (c ReserveUpload) Validate(Limits) error {
	if !ValidChannel(c.Channel) {
		return invalidChannel()
	}
	switch {
	case !ValidClientID(c.ClientID):
		return invalidClientID()
	case len(c.Name) > MaxClaimedNameBytes || !utf8.ValidString(c.Name):
		return Errorf(CodeInvalid, "name: must be UTF-8 of at most %d bytes", MaxClaimedNameBytes)
	case c.Size < 1 || c.Size > MaxFileBytes:
		return Errorf(CodeInvalid, "size: must be the number of bytes of the file, 1 or more")
	case c.MediaType != "" && !validMediaType(c.MediaType):
		return Errorf(CodeInvalid, "media_type: must be like image/jpeg, without parameters")
	case !validSHA256(c.SHA256):
		return Errorf(CodeInvalid, "sha256: must be %d digits 0-9 and a-f", sha256Len)
	case c.Purpose != ForMessage && c.Purpose != ForPicture:
		return Errorf(CodeInvalid, "purpose: must be picture, or left out for a file that is sent with a message")
	case c.Purpose == ForPicture && c.Size > MaxPictureBytes:
		return Errorf(CodeTooLarge, "size: a picture may have at most %d bytes", MaxPictureBytes)
	}
	return nil
}

// Key implements [Keyed].
func (c ReserveUpload) Key() string { return c.ClientID }

// WithKey implements [Keyed].
func (c ReserveUpload) WithKey(id string) Command { c.ClientID = id; return c }

// ResumeUpload asks how to upload the rest of a file. Only the user who reserved an upload may
// resume it.
type ResumeUpload struct {
	Ref
	Media string `json:"media"`
}

// Type implements [Command].
func (ResumeUpload) Type() string { return "resume_upload" }

// Validate implements [Command].
func (c ResumeUpload) Validate(Limits) error { return validMedia(c.Media) }

// Upload answers reserve_upload and resume_upload. It names the steps that are left. A file of some
// MiB is uploaded whole, by one request; a larger one in parts. Each request goes to storage, with
// the bytes as its body and exactly these headers. It needs nothing else, so its URL must be kept
// secret while it is valid. If URLs have expired, resume_upload gives others.
type Upload struct {
	Ref
	Media string `json:"media"` // the id of the file
	// Storage has all bytes: give complete_upload.
	Stored bool  `json:"stored,omitzero"`
	Room   int64 `json:"room"` // until when the room is reserved, Unix milliseconds

	Method  string            `json:"method,omitzero"`  // of all requests: PUT
	Expires int64             `json:"expires,omitzero"` // of all URLs, Unix milliseconds
	URL     string            `json:"url,omitzero"`     // of a file that is uploaded whole
	Headers map[string]string `json:"headers,omitzero"`

	PartSize int64        `json:"part_size,omitzero"` // of each part but the last; 0 for a file that is uploaded whole
	Parts    []UploadPart `json:"parts,omitzero"`     // the next parts that storage does not have, at most 64
	Has      int64        `json:"has,omitzero"`       // how many bytes of the parts storage has
}

// Type implements [Frame].
func (Upload) Type() string { return "upload" }

// UploadPart is a part of a file and the request that uploads it. It begins at byte (Number-1) ×
// part_size of the file.
type UploadPart struct {
	Number  int               `json:"number"` // from 1
	Size    int64             `json:"size"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitzero"`
}

// CompleteUpload says that storage has all bytes of a file. The server looks at the file, cleans
// it and makes previews. That may take a while: as long as it is not done, the answer is
// unavailable with retry_after, and a retry waits for the same work. A file that is already
// complete is answered at once, again and again.
type CompleteUpload struct {
	Ref
	Media string `json:"media"`
	// A sound that is a voice message, and a byte for each bar of its waveform.
	Voice    bool   `json:"voice,omitzero"`
	Waveform []byte `json:"waveform,omitzero"`
}

// Type implements [Command].
func (CompleteUpload) Type() string { return "complete_upload" }

// Validate implements [Command].
func (c CompleteUpload) Validate(Limits) error {
	if len(c.Waveform) > MaxWaveform {
		return Errorf(CodeInvalid, "waveform: must have at most %d bytes, one for each bar", MaxWaveform)
	}
	return validMedia(c.Media)
}

// Attached answers complete_upload. The ticket attaches the file to messages of the caller in the
// channel for which the file was uploaded.
type Attached struct {
	Ref
	Attachment Attachment `json:"attachment"`
	Ticket     string     `json:"ticket"`
	Expires    int64      `json:"expires"` // of the ticket, Unix milliseconds
}

// Type implements [Frame].
func (Attached) Type() string { return "attachment" }

// GetMedia asks for a URL of a file that a message has. The caller must be able to see the
// message now. Otherwise the answer is the same as for a file that does not exist.
type GetMedia struct {
	Ref
	Seen
	Channel   string    `json:"channel"`
	Seq       uint64    `json:"seq"`
	Media     string    `json:"media"`
	Rendition Rendition `json:"rendition,omitzero"` // the original unless set
	// Browsers are to save the file, not to show it.
	Download bool `json:"download,omitzero"`
}

// Type implements [Command].
func (GetMedia) Type() string { return "get_media" }

// Validate implements [Command].
func (c GetMedia) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	switch c.Rendition {
	case "", RenditionOriginal, RenditionLarge, RenditionSmall:
	default:
		return Errorf(CodeInvalid, "rendition: must be original, large or small")
	}
	if err := validTarget(c.Channel, c.Seq, ""); err != nil {
		return err
	}
	return validMedia(c.Media)
}

// MediaURL answers get_media. For some minutes anybody who has the URL can read the file with it,
// by GET and by ranges, and nothing else.
type MediaURL struct {
	Ref
	Media     string    `json:"media"`
	Rendition Rendition `json:"rendition"`
	URL       string    `json:"url"`
	Expires   int64     `json:"expires"` // Unix milliseconds
	MediaType string    `json:"media_type"`
	Size      int64     `json:"size"`
}

// Type implements [Frame].
func (MediaURL) Type() string { return "media_url" }

// GetStorage asks how much room the caller's files take, and if it names a channel, how much the
// files of that channel take.
type GetStorage struct {
	Ref
	Seen
	Channel string `json:"channel,omitzero"`
}

// Type implements [Command].
func (GetStorage) Type() string { return "get_storage" }

// Validate implements [Command].
func (c GetStorage) Validate(Limits) error {
	if c.Channel != "" && !ValidChannel(c.Channel) {
		return invalidChannel()
	}
	return c.validSeen()
}

// Storage answers get_storage.
type Storage struct {
	Ref
	User      StorageUse  `json:"user"`
	Channel   *StorageUse `json:"channel,omitzero"`
	FileBytes int64       `json:"file_bytes"` // of one file, at most
}

// Type implements [Frame].
func (Storage) Type() string { return "storage" }

// StorageUse is how much room files take, in bytes.
type StorageUse struct {
	Used     int64 `json:"used"`              // by files in messages
	Reserved int64 `json:"reserved,omitzero"` // by uploads that no message has yet
	Limit    int64 `json:"limit,omitzero"`    // 0 if there is none
}

func validMedia(id string) error {
	if !ValidMedia(id) {
		return Errorf(CodeInvalid, "media: is not the id of a file")
	}
	return nil
}
