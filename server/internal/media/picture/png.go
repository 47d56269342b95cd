package picture

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	lenIHDR      = 13
	maxChunk     = 1<<31 - 1
	maxEXIF      = 1 << 16
	interlaced   = 2 // how many times as much memory an interlaced picture takes
)

// pngKept holds the chunks that are kept, with their greatest length. A longer one is dropped.
// Pixels of any length are copied without being held in memory.
var pngKept = map[string]uint32{
	"IHDR": lenIHDR, "PLTE": 768, "IDAT": maxChunk, "IEND": 0,
	"acTL": 8, "fcTL": 26, "fdAT": maxChunk, // movement
	"tRNS": 768, "bKGD": 6, "pHYs": 9, "sBIT": 4,
	"gAMA": 4, "cHRM": 32, "sRGB": 1, "cICP": 4, "mDCV": 24, "cLLI": 8, "iCCP": 4 << 20, // colours
}

// pngCleaner copies a PNG file chunk by chunk.
type pngCleaner struct {
	in    *bufio.Reader
	out   *bufio.Writer
	info  Info
	moves bool // it has said so before its first pixels
	data  bool // its pixels have begun
	exif  bool
}

// chunk is the header of a chunk.
type chunk struct {
	length uint32
	name   string
}

func cleanPNG(out *bufio.Writer, in *bufio.Reader) (Info, error) {
	c := pngCleaner{in: in, out: out, info: Info{Orientation: upright}}
	if err := c.run(); err != nil {
		return Info{}, short(err)
	}
	if !c.data {
		return Info{}, damaged("it has no pixels")
	}
	if !c.moves || c.info.Frames == 0 {
		c.info.Frames = 1
	}
	return c.info, nil
}

// run copies everything up to the end of the picture.
func (c *pngCleaner) run() error {
	signature := make([]byte, len(pngSignature))
	if _, err := io.ReadFull(c.in, signature); err != nil {
		return err
	}
	if string(signature) != pngSignature {
		return damaged("it does not start as a PNG file")
	}
	c.write(signature)
	for {
		next, err := c.header()
		if err != nil {
			return err
		}
		if next.name != "IHDR" && c.info.Width == 0 {
			return damaged("its header is not the first chunk")
		}
		if err := c.chunk(next); err != nil || next.name == "IEND" {
			return err
		}
	}
}

func (c *pngCleaner) header() (chunk, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(c.in, head); err != nil {
		return chunk{}, err
	}
	next := chunk{length: binary.BigEndian.Uint32(head), name: string(head[4:])}
	if next.length > maxChunk {
		return chunk{}, damaged("a chunk is too long")
	}
	return next, nil
}

// chunk copies a chunk, or leaves it out. A chunk that is not known and must be understood makes
// the picture one that no client could show.
func (c *pngCleaner) chunk(next chunk) error {
	limit, known := pngKept[next.name]
	critical := next.name[0]&0x20 == 0
	switch {
	case critical && (!known || next.length > limit):
		return damaged("it has a chunk that must be understood, and is not")
	case next.name == "eXIf":
		return c.orientation(next)
	case !known || next.length > limit:
		_, err := c.in.Discard(int(next.length) + crc32.Size)
		return err
	case next.name == "IDAT" || next.name == "fdAT" || next.length > maxEXIF:
		c.data = c.data || next.name == "IDAT"
		return c.copy(next)
	}
	body := make([]byte, next.length+crc32.Size)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return err
	}
	c.start(next)
	c.write(body)
	return c.note(next.name, body[:next.length])
}

// note remembers the facts that a chunk has about the picture.
func (c *pngCleaner) note(name string, body []byte) error {
	switch name {
	case "IHDR":
		return c.size(body)
	case "acTL":
		c.moves = c.moves || !c.data
	case "fcTL":
		c.info.Frames++
	case "iCCP":
		c.info.profile = inflateProfile(body)
	}
	return nil
}

// size reads the size of the picture, and how much memory its pixels take.
func (c *pngCleaner) size(body []byte) error {
	if len(body) != lenIHDR || c.info.Width != 0 {
		return damaged("its header is not right")
	}
	width, height := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	if width == 0 || height == 0 || width > maxChunk || height > maxChunk {
		return damaged("its size is not right")
	}
	depth, colours := body[8], body[9]
	const palette = 3
	perPixel := int64(4)
	switch {
	case depth == 16:
		perPixel = 8
	case colours == palette:
		perPixel = 1
	}
	if body[12] != 0 {
		perPixel *= interlaced
	}
	c.info.Width, c.info.Height = int(width), int(height)
	c.info.memory = multiply(int64(width)*int64(height), perPixel)
	return nil
}

// multiply returns the product of two positive numbers, or the greatest number.
func multiply(a, b int64) int64 {
	const most = 1<<63 - 1
	if a > most/b {
		return most
	}
	return a * b
}

// orientation puts EXIF that holds the orientation alone in the place of a chunk of EXIF.
func (c *pngCleaner) orientation(next chunk) error {
	if next.length > maxEXIF || c.exif {
		_, err := c.in.Discard(int(next.length) + crc32.Size)
		return err
	}
	c.exif = true
	body := make([]byte, next.length+crc32.Size)
	if _, err := io.ReadFull(c.in, body); err != nil {
		return err
	}
	c.info.Orientation = orientationIn(body[:next.length])
	if !c.info.Orientation.turns() {
		return nil
	}
	c.write(pngChunk("eXIf", c.info.Orientation.exif()))
	return nil
}

// pngChunk returns a chunk with its length and its checksum.
func pngChunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// copy copies a chunk of any length.
func (c *pngCleaner) copy(next chunk) error {
	c.start(next)
	_, err := io.CopyN(c.out, c.in, int64(next.length)+crc32.Size)
	return err
}

func (c *pngCleaner) start(next chunk) {
	c.write(binary.BigEndian.AppendUint32(nil, next.length))
	c.write([]byte(next.name))
}

func (c *pngCleaner) write(b []byte) { _, _ = c.out.Write(b) }

// inflateProfile returns the colour profile of a chunk iCCP, or nil if it is long or damaged.
func inflateProfile(body []byte) []byte {
	_, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(rest) == 0 || rest[0] != 0 { // the method of compression
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(r, maxProfile+1))
	if err != nil || len(profile) > maxProfile {
		return nil
	}
	return profile
}
