package facts

import "encoding/binary"

// box is a box of the ISO base media file format: MP4, QuickTime, HEIF.
type box struct {
	name    string
	start   int64
	at, end int64 // of its content
}

// each calls do for each box in a part of the file.
func (f *file) each(in box, do func(box) error) error {
	for at := in.at; in.end-at >= 8; {
		head, err := f.read(at, 8)
		if err != nil {
			return err
		}
		b := box{name: string(head[4:]), start: at, at: at + 8, end: at + int64(binary.BigEndian.Uint32(head))}
		switch b.end - at {
		case 0: // up to the end
			b.end = in.end
		case 1: // the length follows
			long, err := f.read(b.at, 8)
			if err != nil {
				return err
			}
			length := min(binary.BigEndian.Uint64(long), uint64(in.end-at))
			b.at, b.end = at+16, at+int64(length)
		}
		if b.end < b.at {
			return ErrDamaged
		}
		b.end = min(b.end, in.end)
		if err := do(b); err != nil {
			return err
		}
		at = b.end
	}
	return nil
}

// content returns the first bytes of a box, at least as many as needed and at most as wanted.
func (f *file) content(b box, need, want int64) ([]byte, error) {
	c, err := f.read(b.at, min(want, b.end-b.at))
	if err == nil && int64(len(c)) < need {
		return nil, ErrDamaged
	}
	return c, err
}
