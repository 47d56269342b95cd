package wire

import "slices"

// galleryOperations list the attachments and links of a channel.
var galleryOperations = []*Operation{
	read[ListMedia, Gallery](),
}

// GalleryKind is the kind of things that a gallery shows.
type GalleryKind string

// The kinds of a gallery.
const (
	GalleryImages GalleryKind = "images" // pictures and videos
	GalleryFiles  GalleryKind = "files"
	GalleryVoice  GalleryKind = "voice" // voice messages and other audio
	GalleryLinks  GalleryKind = "links" // addresses of web pages in the texts
)

// galleryKinds are all kinds.
var galleryKinds = []GalleryKind{GalleryImages, GalleryFiles, GalleryVoice, GalleryLinks}

// GalleryKinds returns all kinds of a gallery.
func GalleryKinds() []GalleryKind { return slices.Clone(galleryKinds) }

// Gallery returns in which gallery an attachment is shown.
func (a *Attachment) Gallery() GalleryKind {
	switch a.Kind {
	case AttachmentImage, AttachmentVideo:
		return GalleryImages
	case AttachmentAudio, AttachmentVoice:
		return GalleryVoice
	default:
		return GalleryFiles
	}
}

// ListMedia asks for the attachments and links in the messages of a channel: all of them, or one
// kind. They come by message, the newest message first, and within a message in its own order. With
// Before, the list goes on after that place.
type ListMedia struct {
	Ref
	Seen
	Channel string      `json:"channel"`
	Kind    GalleryKind `json:"kind,omitzero"` // all kinds if unset
	Before  MediaPlace  `json:"before,omitzero"`
	Limit   int         `json:"limit,omitzero"` // 50 if unset
}

// Type implements [Command].
func (ListMedia) Type() string { return "list_media" }

// Validate implements [Command].
func (c ListMedia) Validate(l Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	switch {
	case !ValidChannel(c.Channel):
		return invalidChannel()
	case c.Kind != "" && !slices.Contains(galleryKinds, c.Kind):
		return Errorf(CodeInvalid, "kind: must be images, files, voice or links")
	case c.Before.Index < 0 || c.Before.Seq == 0 && c.Before.Index != 0:
		return Errorf(CodeInvalid, "before: is not valid; take next from the previous answer")
	}
	return validLimit(c.Limit, l)
}

// MediaPlace is the place of an attachment or a link in a channel.
type MediaPlace struct {
	Seq uint64 `json:"seq"` // of the message
	// Index is the number within the message, from 0: of its attachments first, and then of its
	// links.
	Index int `json:"index"`
}

// Gallery answers list_media. If there are more items, Next is the place to go on from.
type Gallery struct {
	Ref
	Channel string        `json:"channel"`
	Items   []GalleryItem `json:"items"`
	Next    MediaPlace    `json:"next,omitzero"`
}

// Type implements [Frame].
func (Gallery) Type() string { return "gallery" }

// Parts implements [Cut].
func (g Gallery) Parts() int { return len(g.Items) }

// Some implements [Cut].
func (g Gallery) Some(n int) Frame {
	if n < len(g.Items) {
		g.Items = g.Items[:n]
		g.Next = MediaPlace{}
		if n > 0 {
			g.Next = g.Items[n-1].MediaPlace
		}
	}
	return g
}

// GalleryItem is an attachment or a link, and where it is.
type GalleryItem struct {
	MediaPlace
	Sender     string      `json:"sender"`
	Timestamp  int64       `json:"timestamp"` // of the message, Unix milliseconds
	Attachment *Attachment `json:"attachment,omitzero"`
	Link       string      `json:"link,omitzero"`
}
