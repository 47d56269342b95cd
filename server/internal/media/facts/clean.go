package facts

import (
	"cmp"
	"context"
	"io"
	"slices"
)

const (
	// maxCleanSteps is how many places are looked at before a file is copied. A recording of a
	// day has fewer parts.
	maxCleanSteps = 1 << 18
	// maxList is the greatest length of a list of items that is read.
	maxList = 1 << 20
)

// patch replaces a part of a file by other bytes, or by zeros.
type patch struct {
	at, length int64
	bytes      []byte // nil for zeros
}

// Cleanable reports whether [Clean] knows files of a media type: those that are made of boxes.
func Cleanable(mediaType string) bool {
	switch mediaType {
	case "video/mp4", "video/quicktime", "audio/mp4", "video/3gpp", "image/heic", "image/heif", "image/avif":
		return true
	default:
		return false
	}
}

// Clean copies a file that is made of boxes. It overwrites with zeros the parts that say where and
// when the file was made, and with which device. The copy is as long as the file, so all that is
// stored in it stays in its place. If it fails, the content of dst must be thrown away. The error
// is ErrDamaged if the file itself is to blame. Tracks that accompany a video stay: some cameras
// record their path in one.
func Clean(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64, mediaType string) error {
	c := cleaner{file: &file{src: src, size: size, done: ctx.Err, steps: maxSteps - maxCleanSteps}}
	visit := c.movie
	if mediaType == "image/heic" || mediaType == "image/heif" || mediaType == "image/avif" {
		visit = c.picture
	}
	if err := c.each(box{at: 0, end: size}, visit); err != nil {
		return short(err)
	}
	c.blankItems()
	return c.copy(dst)
}

// cleaner finds the parts to overwrite.
type cleaner struct {
	*file
	patches  []patch
	personal map[uint32]bool // items of a picture that do not belong to the image that it shows
	items    map[uint32][]patch
	idat     box
}

// blank makes a box one that says nothing.
func (c *cleaner) blank(b box) {
	c.patches = append(c.patches, patch{at: b.start + 4, length: 4, bytes: []byte("free")})
	c.zero(b.at, b.end-b.at)
}

func (c *cleaner) zero(at, length int64) {
	c.patches = append(c.patches, patch{at: at, length: min(length, c.size-at)})
}

// movie looks at a box of a video.
func (c *cleaner) movie(b box) error {
	switch b.name {
	case "moov", "trak", "mdia":
		return c.each(b, c.movie)
	case "udta", "meta", "uuid":
		c.blank(b)
	case "mvhd", "tkhd", "mdhd": // when it was made, and last changed
		version, err := c.content(b, 4, 4)
		if err != nil {
			return err
		}
		length := int64(8)
		if version[0] == 1 {
			length = 16
		}
		c.zero(b.at+4, min(length, b.end-b.at-4))
	}
	return nil
}

// picture looks at a box at the top of a HEIC or AVIF file. A box that is not known may hold the
// video of a moving photograph.
func (c *cleaner) picture(b box) error {
	switch b.name {
	case "ftyp", "mdat", "free", "skip":
		return nil
	case "moov": // it moves
		return c.movie(b)
	case "meta":
		b.at = min(b.at+4, b.end)
		return c.each(b, c.item)
	default:
		c.blank(b)
		return nil
	}
}

// item looks at a box that describes the items of a picture.
func (c *cleaner) item(b box) error {
	switch b.name {
	case "iinf":
		head, err := c.content(b, 6, 8)
		if err != nil {
			return err
		}
		b.at += 6
		if head[0] != 0 { // the number of items is longer
			b.at = min(b.at+2, b.end)
		}
		return c.each(b, c.kind)
	case "iloc":
		if b.end-b.at > maxList {
			return ErrDamaged
		}
		list, err := c.content(b, 8, maxList)
		if err != nil {
			return err
		}
		return c.places(list)
	case "idat":
		c.idat = b
	case "uuid", "udta", "xml ":
		c.blank(b)
	}
	return nil
}

// kind remembers the number of an item that is EXIF, XMP or something else that is not shown.
func (c *cleaner) kind(b box) error {
	if b.name != "infe" {
		return nil
	}
	head, err := c.content(b, 4, 14)
	if err != nil {
		return err
	}
	l := list{b: head[4:]}
	id := l.number(2)
	if head[0] == 3 {
		id = id<<16 | l.number(2)
	}
	l.number(2) // how it is protected
	if head[0] < 2 || l.broken || len(l.b) < 4 {
		return ErrDamaged
	}
	if kind := string(l.b[:4]); kind == "Exif" || kind == "mime" || kind == "uri " {
		if c.personal == nil {
			c.personal = map[uint32]bool{}
		}
		c.personal[uint32(id)] = true
	}
	return nil
}

// places remembers where the items are.
func (c *cleaner) places(b []byte) error {
	version := b[0]
	offsetSize, lengthSize, baseSize, indexSize := int(b[4]>>4), int(b[4]&15), int(b[5]>>4), int(b[5]&15)
	l := list{b: b[6:]}
	idSize := 2
	if version == 2 {
		idSize = 4
	}
	if version == 0 {
		indexSize = 0
	}
	c.items = map[uint32][]patch{}
	for count := l.number(idSize); count > 0 && !l.broken; count-- {
		id, method := uint32(l.number(idSize)), uint64(0)
		if version > 0 {
			method = l.number(2) & 15
		}
		l.number(2) // in which file
		base := l.number(baseSize)
		for extents := l.number(2); extents > 0 && !l.broken; extents-- {
			l.number(indexSize)
			at, length := base+l.number(offsetSize), l.number(lengthSize)
			c.items[id] = append(c.items[id], patch{at: int64(at), length: int64(length), bytes: []byte{byte(method)}})
		}
	}
	if l.broken {
		return ErrDamaged
	}
	return nil
}

// blankItems overwrites the items that are not shown. An item without a length ends with the
// file.
func (c *cleaner) blankItems() {
	const inFile, inBox = 0, 1
	for id := range c.personal {
		for _, place := range c.items[id] {
			end := c.size
			switch place.bytes[0] {
			case inFile:
			case inBox:
				place.at, end = place.at+c.idat.at, c.idat.end
			default:
				continue // it is made of other items
			}
			if place.length == 0 {
				place.length = end
			}
			if place.at >= 0 && place.at < end && place.length > 0 {
				c.zero(place.at, min(place.length, end-place.at))
			}
		}
	}
}

// copy writes the file with the patches.
func (c *cleaner) copy(dst io.Writer) error {
	slices.SortStableFunc(c.patches, func(a, b patch) int { return cmp.Compare(a.at, b.at) })
	at := int64(0)
	for _, p := range c.patches {
		if p = p.from(at); p.length <= 0 {
			continue
		}
		if err := c.copyPart(dst, at, p.at-at); err != nil {
			return err
		}
		if err := p.write(dst); err != nil {
			return err
		}
		at = p.at + p.length
	}
	return c.copyPart(dst, at, c.size-at)
}

func (c *cleaner) copyPart(dst io.Writer, at, length int64) error {
	part := io.NewSectionReader(c.src, at, length)
	_, err := io.CopyN(dst, reader(func(p []byte) (int, error) {
		if err := c.done(); err != nil {
			return 0, err
		}
		return part.Read(p)
	}), length)
	return err
}

// reader makes a reader of a function.
type reader func(p []byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

// from returns the part of a patch from a place on.
func (p patch) from(at int64) patch {
	passed := at - p.at
	if passed <= 0 {
		return p
	}
	if p.bytes != nil {
		p.bytes = p.bytes[min(passed, int64(len(p.bytes))):]
	}
	return patch{at: at, length: p.length - passed, bytes: p.bytes}
}

var zeros [4 << 10]byte

func (p patch) write(dst io.Writer) error {
	if p.bytes != nil {
		_, err := dst.Write(p.bytes)
		return err
	}
	for rest := p.length; rest > 0; {
		n, err := dst.Write(zeros[:min(rest, int64(len(zeros)))])
		if err != nil {
			return err
		}
		rest -= int64(n)
	}
	return nil
}

// list is a list of numbers that is read from its start.
type list struct {
	b      []byte
	broken bool // it was shorter than it should be
}

// number returns the next number of so many bytes. One of none is 0.
func (l *list) number(size int) uint64 {
	if size > 8 || size > len(l.b) {
		l.broken = true
		return 0
	}
	v := uintOf(l.b[:size])
	l.b = l.b[size:]
	return v
}
