package picture

import (
	"bufio"
	"encoding/binary"
	"image"
	"io"
)

const (
	lenRIFF   = 12 // "RIFF", the length of the rest, "WEBP"
	lenChunk  = 8  // a name and a length
	lenVP8X   = 10
	lenANMF   = 16 // of the bytes before a frame's own chunks
	maxPieces = 1 << 17

	webpAnimation = 1 << 1
	webpXMP       = 1 << 2
	webpEXIF      = 1 << 3
)

// piece is a part of the copy: some bytes, or if there are none, a part of the source.
type piece struct {
	bytes []byte
	span
}

// span is a part of a file.
type span struct{ at, length int64 }

// webpCleaner finds out which parts of a WebP file are kept. The copy begins with its own length,
// so the file is walked before anything is written.
type webpCleaner struct {
	src    io.ReaderAt
	info   Info
	pieces []piece
	flags  byte // of the extended header; 0 if there is none
	still  bool // there is a picture that does not move
	exif   bool
}

func cleanWebP(out *bufio.Writer, src io.ReaderAt, size int64) (Info, error) {
	c := webpCleaner{src: src, info: Info{Orientation: upright}}
	if err := c.walk(size); err != nil {
		return Info{}, short(err)
	}
	if c.flags == 0 { // only the extended header can say that there is EXIF
		c.info.Orientation = upright
	}
	if c.info.Orientation.turns() {
		c.literal(webpChunk("EXIF", c.info.Orientation.exif()))
	}
	return c.info, c.write(out)
}

// walk looks at each chunk of the file.
func (c *webpCleaner) walk(size int64) error {
	head, err := c.read(0, lenRIFF)
	if err != nil {
		return err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return damaged("it does not start as a WebP file")
	}
	end := lenChunk + int64(binary.LittleEndian.Uint32(head[4:]))
	if end > size {
		return damaged("it is cut short")
	}
	if err := c.chunks(span{lenRIFF, end - lenRIFF}, c.chunk); err != nil {
		return err
	}
	if c.still {
		c.info.Frames = 1
	}
	return nil
}

// chunks calls do for each chunk in a part of the file, with the place of its content. Bytes at the
// end that are too few for a chunk are ignored.
func (c *webpCleaner) chunks(in span, do func(name string, body span) error) error {
	for at, end := in.at, in.at+in.length; end-at >= lenChunk; {
		head, err := c.read(at, lenChunk)
		if err != nil {
			return err
		}
		body := span{at + lenChunk, int64(binary.LittleEndian.Uint32(head[4:]))}
		if body.length > end-body.at {
			return damaged("it is cut short")
		}
		if err := do(string(head[:4]), body); err != nil {
			return err
		}
		at = body.at + body.length + body.length&1
	}
	return nil
}

// chunk keeps the part of a chunk that is needed.
func (c *webpCleaner) chunk(name string, body span) error {
	switch name {
	case "VP8X":
		return c.extended(body)
	case "VP8 ", "VP8L":
		if c.still || c.info.Frames > 0 {
			return nil
		}
		c.still = true
		c.keep(name, body)
		return c.pixels(name, body)
	case "ICCP":
		if body.length <= maxProfile {
			c.info.profile, _ = c.read(body.at, body.length)
		}
		c.keep(name, body)
	case "ANIM", "ALPH":
		c.keep(name, body)
	case "ANMF":
		return c.moving(body)
	case "EXIF":
		return c.orientation(body)
	}
	if len(c.pieces) > maxPieces {
		return damaged("it has too many parts")
	}
	return nil
}

// extended keeps the header that says which other chunks there are, and the size of the picture.
func (c *webpCleaner) extended(body span) error {
	head, err := c.read(body.at, lenVP8X)
	if err != nil {
		return err
	}
	if body.length != lenVP8X || len(c.pieces) > 0 {
		return damaged("its header is not right")
	}
	c.flags = head[0]&^(webpEXIF|webpXMP) | 1 // the lowest bit has no meaning, and is cleared again
	c.info.Width, c.info.Height = 1+uint24(head[4:]), 1+uint24(head[7:])
	c.info.memory = 8 * int64(c.info.Width) * int64(c.info.Height)
	c.literal(webpChunk("VP8X", head))
	return nil
}

// pixels reads the size of a picture that does not have the extended header.
func (c *webpCleaner) pixels(name string, body span) error {
	head, err := c.read(body.at, min(body.length, 10))
	if err != nil || c.flags != 0 {
		return err
	}
	switch {
	case name == "VP8 " && len(head) == 10:
		c.info.Width = int(binary.LittleEndian.Uint16(head[6:])) & 0x3fff
		c.info.Height = int(binary.LittleEndian.Uint16(head[8:])) & 0x3fff
		c.info.memory = 2 * int64(c.info.Width) * int64(c.info.Height)
	case name == "VP8L" && len(head) >= 5:
		bits := int(binary.LittleEndian.Uint32(head[1:]))
		c.info.Width, c.info.Height = 1+bits&0x3fff, 1+bits>>14&0x3fff
		c.info.memory = 8 * int64(c.info.Width) * int64(c.info.Height)
	default:
		return damaged("its pixels are cut short")
	}
	return nil
}

// moving keeps a frame of a picture that moves, and in it only the chunks that are needed.
func (c *webpCleaner) moving(body span) error {
	if body.length < lenANMF || c.flags == 0 || c.still {
		return damaged("a frame is not right")
	}
	head, err := c.read(body.at, lenANMF)
	if err != nil {
		return err
	}
	chunks := span{body.at + lenANMF, body.length - lenANMF}
	c.info.Frames++
	if c.info.Frames == 1 {
		at := image.Pt(2*uint24(head), 2*uint24(head[3:]))
		c.info.first = frame{span: chunks, bounds: image.Rectangle{at, at.Add(image.Pt(1+uint24(head[6:]), 1+uint24(head[9:])))}}
	}
	start := len(c.pieces)
	c.literal(nil)
	err = c.chunks(chunks, func(name string, inner span) error {
		if name == "ALPH" || name == "VP8 " || name == "VP8L" {
			c.keep(name, inner)
		}
		if name == "ALPH" && c.info.Frames == 1 {
			c.info.first.transparent = true
		}
		if len(c.pieces) > maxPieces {
			return damaged("it has too many parts")
		}
		return nil
	})
	c.pieces[start].bytes = append(webpHeader("ANMF", lenANMF+length(c.pieces[start:])), head...)
	return err
}

// orientation takes the orientation from EXIF.
func (c *webpCleaner) orientation(body span) error {
	if c.exif || body.length > maxEXIF {
		return nil
	}
	c.exif = true
	exif, err := c.read(body.at, body.length)
	c.info.Orientation = orientationIn(exif)
	return err
}

// keep adds a chunk of the source to the copy, with its padding.
func (c *webpCleaner) keep(name string, body span) {
	c.literal(webpHeader(name, body.length))
	c.pieces = append(c.pieces, piece{span: body})
	if body.length&1 == 1 {
		c.literal([]byte{0})
	}
}

func (c *webpCleaner) literal(b []byte) { c.pieces = append(c.pieces, piece{bytes: b}) }

// read returns bytes of the source.
func (c *webpCleaner) read(at, n int64) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(io.NewSectionReader(c.src, at, n), b)
	return b, err
}

// write writes the copy.
func (c *webpCleaner) write(out *bufio.Writer) error {
	total := 4 + length(c.pieces)
	if total > 1<<32-2 {
		return damaged("it is too long")
	}
	c.setFlags()
	_, _ = out.Write(append(webpHeader("RIFF", total), "WEBP"...))
	for _, p := range c.pieces {
		var err error
		if p.length > 0 {
			_, err = io.CopyN(out, io.NewSectionReader(c.src, p.at, p.length), p.length)
		} else {
			_, err = out.Write(p.bytes)
		}
		if err != nil {
			return short(err)
		}
	}
	return nil
}

// setFlags makes the extended header, the first piece if there is one, name the chunks of the copy.
func (c *webpCleaner) setFlags() {
	if c.flags == 0 {
		return
	}
	flags := c.flags &^ 1
	if c.info.Orientation.turns() {
		flags |= webpEXIF
	}
	c.pieces[0].bytes[lenChunk] = flags
}

// length returns the length of pieces of the copy.
func length(pieces []piece) int64 {
	var n int64
	for _, p := range pieces {
		n += int64(len(p.bytes)) + p.length
	}
	return n
}

func webpHeader(name string, n int64) []byte {
	return binary.LittleEndian.AppendUint32([]byte(name), uint32(n))
}

// webpChunk returns a chunk with its header and its padding.
func webpChunk(name string, body []byte) []byte {
	b := append(webpHeader(name, int64(len(body))), body...)
	if len(body)&1 == 1 {
		b = append(b, 0)
	}
	return b
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
