package wire

// Limits of pictures.
const (
	MaxPictureBytes = 16 << 20 // of the file that is uploaded; it is not kept
	MaxPictures     = 100      // that one command asks for
)

// Picture is the picture of a user or of a group: a square in two sizes. The picture of an id never
// changes, so a client that has it need not ask for it again.
//
// In a command, a picture has only id and ticket, both from the answer to complete_upload; one
// without an id removes the picture. In all else the server sets the rest.
type Picture struct {
	ID     string `json:"id,omitzero"`
	Ticket string `json:"ticket,omitzero"`
	// Only the log and clients have the rest.
	Type     string `json:"type,omitzero"` // media type
	Size     int64  `json:"size,omitzero"` // of the large one, in bytes
	Blurhash string `json:"blurhash,omitzero"`
}

// given returns an error if the part of a picture that a client gives is wrong. Tickets are checked
// when they are opened.
func (p *Picture) given() error {
	switch {
	case *p == Picture{}:
		return nil
	case !ValidMedia(p.ID):
		return Errorf(CodeInvalid, "picture.id: is not the id of an uploaded file")
	case *p != Picture{ID: p.ID, Ticket: p.Ticket}:
		return Errorf(CodeInvalid, "picture: may have only id and ticket; the server knows the rest")
	case p.Ticket == "":
		return Errorf(CodeInvalid, "picture.ticket: is missing; take it from the answer to complete_upload")
	case len(p.Ticket) > MaxTicketLen:
		return Errorf(CodeTooLarge, "picture.ticket: has %d bytes; at most %d are allowed", len(p.Ticket), MaxTicketLen)
	}
	return nil
}

// Validate returns an error if the server's facts about a picture are not possible. The zero
// picture is none.
func (p *Picture) Validate() error {
	wrong := func(member string) error { return Errorf(CodeInvalid, "picture.%s: is not possible", member) }
	switch {
	case *p == Picture{}:
		return nil
	case !ValidMedia(p.ID):
		return wrong("id")
	case p.Ticket != "":
		return wrong("ticket")
	case !validMediaType(p.Type):
		return wrong("type")
	case p.Size < 1:
		return wrong("size")
	case len(p.Blurhash) > maxBlurhashLen || !all(p.Blurhash, printable):
		return wrong("blurhash")
	}
	return nil
}

// GetPictures asks for URLs of up to 100 pictures, in one size. Pictures that the caller may not
// see, or that belong to no profile or group any more, are left out of the answer.
type GetPictures struct {
	Ref
	Seen
	IDs       []string  `json:"ids"`
	Rendition Rendition `json:"rendition,omitzero"` // small, which is 64 pixels wide, unless set to large, which is 256
}

// Type implements [Command].
func (GetPictures) Type() string { return "get_pictures" }

// Validate implements [Command].
func (c GetPictures) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	switch {
	case len(c.IDs) == 0:
		return Errorf(CodeInvalid, "ids: is missing")
	case len(c.IDs) > MaxPictures:
		return Errorf(CodeTooLarge, "ids: there are %d; at most %d are allowed", len(c.IDs), MaxPictures)
	}
	switch c.Rendition {
	case "", RenditionLarge, RenditionSmall:
	default:
		return Errorf(CodeInvalid, "rendition: must be large or small")
	}
	for i, id := range c.IDs {
		if !ValidMedia(id) {
			return Errorf(CodeInvalid, "ids.%d: is not the id of a picture", i)
		}
	}
	return nil
}

// Pictures answers get_pictures. For about a day anybody who has a URL can read the picture with
// it. Browsers may keep it for ever: a node gives the same URL for half a day, and a client that
// stores pictures by their id needs no URL again.
type Pictures struct {
	Ref
	Pictures []PictureURL `json:"pictures"`
}

// Type implements [Frame].
func (Pictures) Type() string { return "pictures" }

// PictureURL says where a picture can be read.
type PictureURL struct {
	ID      string `json:"id"`
	URL     string `json:"url"`
	Expires int64  `json:"expires"` // Unix milliseconds
}
