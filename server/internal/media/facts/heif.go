package facts

import "encoding/binary"

// heif collects the facts in the boxes of a HEIC or AVIF file.
type heif struct {
	*file
	facts  Facts
	turned bool
}

func readHEIF(f *file) (Facts, error) {
	h := heif{file: f}
	err := f.each(box{at: 0, end: f.size}, h.inside)
	if h.turned {
		h.facts.Width, h.facts.Height = h.facts.Height, h.facts.Width
	}
	return h.facts, err
}

// inside looks at a box. A large picture is made of tiles; its own size is the largest one.
func (h *heif) inside(b box) error {
	switch b.name {
	case "meta":
		b.at = min(b.at+4, b.end) // version and flags
		if err := h.each(b, h.inside); err != nil {
			return err
		}
		return errStop
	case "iprp", "ipco":
		return h.each(b, h.inside)
	case "ispe":
		c, err := h.content(b, 12, 12)
		if err != nil {
			return err
		}
		width, height := int(binary.BigEndian.Uint32(c[4:])), int(binary.BigEndian.Uint32(c[8:]))
		if width <= maxSide && height <= maxSide && width*height > h.facts.Width*h.facts.Height {
			h.facts.Width, h.facts.Height = width, height
		}
	case "irot":
		c, err := h.content(b, 1, 1)
		if err != nil {
			return err
		}
		h.turned = c[0]&1 == 1
	}
	return nil
}
