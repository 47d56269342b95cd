package wire

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of attachments.
const (
	MaxAttachments = 10      // of one message
	MaxCaptionLen  = 1024    // characters of one caption
	MaxTicketLen   = 8 << 10 // bytes
	MaxFileNameLen = 255     // bytes
	MaxWaveform    = 256     // bars

	mediaLen       = 26
	maxMediaType   = 127 // bytes
	maxBlurhashLen = 100 // bytes
	maxPreviews    = 4
	sha256Len      = 64 // hex
)

// Attachment is a file that is part of a message. The order of a message's attachments is the
// order in which clients show them. The facts let a client lay out the place of a picture before
// the picture comes.
//
// In a send, an attachment has only id, ticket and caption: the server knows the rest. In an
// edit it has only id and caption, see [Edit].
type Attachment struct {
	ID string `json:"id"` // of the media, from the answer to complete_upload
	// Ticket proves that the sender has uploaded the file, for this channel. Only a send has it.
	Ticket  string `json:"ticket,omitzero"`
	Caption string `json:"caption,omitzero"` // text that belongs to this attachment alone

	Kind     AttachmentKind `json:"kind,omitzero"`
	Name     string         `json:"name,omitzero"` // of the file; safe to be stored and shown in one line
	Type     string         `json:"type,omitzero"` // media type, by the bytes of the file and not by its name
	Size     int64          `json:"size,omitzero"` // bytes
	SHA256   string         `json:"sha256,omitzero"`
	Width    int            `json:"width,omitzero"`  // as shown, in pixels
	Height   int            `json:"height,omitzero"` // as shown, in pixels
	Blurhash string         `json:"blurhash,omitzero"`
	Duration int64          `json:"duration,omitzero"` // milliseconds
	// Waveform has a byte for each bar, from 0 for silence to 255. In JSON it is in base64.
	Waveform []byte    `json:"waveform,omitzero"`
	Animated bool      `json:"animated,omitzero"` // a picture that moves
	Previews []Preview `json:"previews,omitzero"` // the smaller pictures that can be asked for

	// Rest holds the members that this version does not know, as an object, or nil if there are
	// none. See [Record].
	Rest jsontext.Value `json:"-"`
}

// AttachmentKind says in which way a client shows an attachment.
type AttachmentKind string

// The kinds of attachments. A client shows a kind that it does not know as a file.
const (
	AttachmentImage AttachmentKind = "image"
	AttachmentVideo AttachmentKind = "video"
	AttachmentAudio AttachmentKind = "audio"
	AttachmentVoice AttachmentKind = "voice" // a voice message: audio that was recorded for the channel
	AttachmentFile  AttachmentKind = "file"  // a name, a size and a download
)

// Preview is a smaller picture of an attachment.
type Preview struct {
	Rendition Rendition `json:"rendition"`
	Type      string    `json:"type"` // media type
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Size      int64     `json:"size"` // bytes
}

// Rendition is one of the forms in which an attachment can be asked for.
type Rendition string

// The renditions. Which previews an attachment has, it tells itself.
const (
	RenditionOriginal Rendition = "original"
	RenditionLarge    Rendition = "large" // for a conversation
	RenditionSmall    Rendition = "small" // for a list or a quotation
)

// ValidMedia reports whether id has the form of the id of an uploaded file. It does not tell
// whether there is such a file.
func ValidMedia(id string) bool {
	return len(id) == mediaLen && all(id, func(c byte) bool { return c >= 'a' && c <= 'z' || c >= '2' && c <= '7' })
}

// Equal reports whether two attachments are the same in everything.
func (a Attachment) Equal(o Attachment) bool {
	return a.ID == o.ID && a.Ticket == o.Ticket && a.Caption == o.Caption && a.Kind == o.Kind && a.Name == o.Name &&
		a.Type == o.Type && a.Size == o.Size && a.SHA256 == o.SHA256 && a.Width == o.Width && a.Height == o.Height &&
		a.Blurhash == o.Blurhash && a.Duration == o.Duration && a.Animated == o.Animated &&
		bytes.Equal(a.Waveform, o.Waveform) && slices.Equal(a.Previews, o.Previews) && bytes.Equal(a.Rest, o.Rest)
}

func equalAttachments(a, b []Attachment) bool {
	return slices.EqualFunc(a, b, func(a, b Attachment) bool { return a.Equal(b) })
}

// Given returns the part of an attachment that a client gives: its id and its caption.
func (a *Attachment) Given() Attachment { return Attachment{ID: a.ID, Caption: a.Caption} }

// validAttachments returns an error if the part of a command's attachments that a client gives is
// wrong. Tickets are checked when they are opened.
func validAttachments(attachments []Attachment) error {
	if len(attachments) > MaxAttachments {
		return Errorf(CodeTooLarge, "content.attachments: there are %d; at most %d are allowed", len(attachments), MaxAttachments)
	}
	for i := range attachments {
		a := &attachments[i]
		given := a.Given()
		given.Ticket = a.Ticket
		switch at := attachmentAt(i); {
		case !ValidMedia(a.ID):
			return Errorf(CodeInvalid, "%s.id: is not the id of an uploaded file", at)
		case slices.ContainsFunc(attachments[:i], func(o Attachment) bool { return o.ID == a.ID }):
			return Errorf(CodeInvalid, "%s.id: the same file is attached twice", at)
		case !a.Equal(given):
			return Errorf(CodeInvalid, "%s: may have only id, ticket and caption; the server knows the rest", at)
		case len(a.Ticket) > MaxTicketLen:
			return Errorf(CodeTooLarge, "%s.ticket: has %d bytes; at most %d are allowed", at, len(a.Ticket), MaxTicketLen)
		}
		if err := validCaption(attachmentAt(i), a.Caption); err != nil {
			return err
		}
	}
	return nil
}

func attachmentAt(i int) string { return "content.attachments." + strconv.Itoa(i) }

func validCaption(at, caption string) error {
	switch {
	case !utf8.ValidString(caption):
		return Errorf(CodeInvalid, "%s.caption: must be UTF-8", at)
	case strings.ContainsFunc(caption, forbiddenInText):
		return Errorf(CodeInvalid, "%s.caption: must not contain control characters other than tab and line breaks", at)
	case utf8.RuneCountInString(caption) > MaxCaptionLen:
		return Errorf(CodeTooLarge, "%s.caption: has more than %d characters", at, MaxCaptionLen)
	}
	return nil
}

// validTickets returns an error if some attachment of a send has no ticket.
func validTickets(attachments []Attachment) error {
	i := slices.IndexFunc(attachments, func(a Attachment) bool { return a.Ticket == "" })
	if i < 0 {
		return nil
	}
	return Errorf(CodeInvalid, "%s.ticket: is missing; take it from the answer to complete_upload", attachmentAt(i))
}

// validWithoutTickets returns an error if some attachment of an edit has a ticket.
func validWithoutTickets(attachments []Attachment) error {
	i := slices.IndexFunc(attachments, func(a Attachment) bool { return a.Ticket != "" })
	if i < 0 {
		return nil
	}
	return Errorf(CodeInvalid, "%s.ticket: an edit cannot add attachments; send a new message", attachmentAt(i))
}

// Validate returns an error if no file that may be in a message has the facts of the attachment.
// The server that makes facts must make valid ones.
func (a *Attachment) Validate() error {
	wrong := func(member string) error { return Errorf(CodeInvalid, "%s: is not possible", member) }
	switch {
	case !ValidMedia(a.ID):
		return wrong("id")
	case a.Ticket != "":
		return wrong("ticket")
	case !validWord(string(a.Kind)):
		return wrong("kind")
	case !ValidFileName(a.Name):
		return wrong("name")
	case !validMediaType(a.Type):
		return wrong("type")
	case a.Size < 0 || a.Width < 0 || a.Height < 0 || a.Duration < 0:
		return wrong("size, width, height, duration")
	case a.SHA256 != "" && !validSHA256(a.SHA256):
		return wrong("sha256")
	case len(a.Blurhash) > maxBlurhashLen || !all(a.Blurhash, printable):
		return wrong("blurhash")
	case len(a.Waveform) > MaxWaveform:
		return wrong("waveform")
	case len(a.Previews) > maxPreviews || slices.ContainsFunc(a.Previews, func(p Preview) bool { return !p.valid() }):
		return wrong("previews")
	}
	return validCaption("attachment", a.Caption)
}

func (p *Preview) valid() bool {
	return validWord(string(p.Rendition)) && validMediaType(p.Type) && p.Width > 0 && p.Height > 0 && p.Size > 0
}

func validWord(s string) bool {
	return len(s) >= 1 && len(s) <= 32 && all(s, func(c byte) bool { return c >= 'a' && c <= 'z' || c == '_' })
}

// ValidFileName reports whether a name is one element of a path, in one line, and without marks
// that let it look like another name, such as one with another extension.
func ValidFileName(name string) bool {
	return len(name) >= 1 && len(name) <= MaxFileNameLen && utf8.ValidString(name) && !invisible(name) &&
		name != "." && name != ".." && !strings.ContainsAny(name, `/\`) &&
		!strings.ContainsFunc(name, func(r rune) bool {
			const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
			joins := r == zeroWidthNonJoiner || r == zeroWidthJoiner // emoji and some scripts need them
			return forbiddenInName(r) || unicode.In(r, unicode.C) && !joins
		})
}

// validMediaType reports whether s is a media type without parameters.
func validMediaType(s string) bool {
	kind, of, ok := strings.Cut(s, "/")
	token := func(s string) bool {
		return s != "" && all(s, func(c byte) bool {
			return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&-^_.+", c) >= 0
		})
	}
	return ok && len(s) <= maxMediaType && token(kind) && token(of)
}

func validSHA256(s string) bool {
	return len(s) == sha256Len && all(s, func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' })
}

func printable(c byte) bool { return c > ' ' && c <= '~' }
