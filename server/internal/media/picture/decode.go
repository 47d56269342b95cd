package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// canvas is a decoded picture, or its first frame, on the area that the picture takes.
type canvas struct {
	image.Image
	at    image.Point // where the image's upper left corner is on the canvas
	size  image.Point
	video bool // black is 16 and white is 235, as in video, and not 0 and 255
}

// errSize is returned by a decoder's picture that is not as large as its header says.
var errSize = errors.New("the size is not that of the header")

// decode decodes a picture. A decoder that panics has met a damaged picture.
func decode(src io.ReaderAt, size int64, info Info, read func(io.Reader) io.Reader) (c canvas, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = canvas{}, fmt.Errorf("%w: decoder: %v", ErrDamaged, r)
		}
	}()
	in := read(io.NewSectionReader(src, 0, size))
	c.size = image.Pt(info.Width, info.Height)
	switch info.Format {
	case JPEG:
		c.Image, err = jpeg.Decode(in)
	case PNG:
		c.Image, err = png.Decode(in)
	case GIF:
		c.Image, err = gif.Decode(in)
		if err == nil {
			c.at = c.Bounds().Min
		}
	case WebP:
		if info.Animated() || !info.first.bounds.Empty() {
			c.at = info.first.bounds.Min
			in = read(io.MultiReader(info.first.header(), io.NewSectionReader(src, info.first.at, info.first.length)))
		}
		c.Image, err = webp.Decode(in)
		c.video = true
	default:
		err = errFormat
	}
	if err == nil && !c.fits(info) {
		err = errSize
	}
	return c, err
}

// fits reports whether an image is within its canvas. The memory that the decoders allocate has
// been judged by the header, so the two must not differ.
func (c canvas) fits(info Info) bool {
	size := c.Bounds().Size()
	if info.Format == JPEG || info.Format == PNG {
		return size == c.size
	}
	return size.X > 0 && size.Y > 0 && c.at.X+size.X <= c.size.X && c.at.Y+size.Y <= c.size.Y
}

// header returns the bytes that a WebP file has before the chunks of a frame, if it has only that
// frame.
func (f frame) header() io.Reader {
	extended := make([]byte, lenVP8X)
	if f.transparent {
		const alpha = 1 << 4
		extended[0] = alpha
	}
	size := f.bounds.Size()
	putUint24(extended[4:], size.X-1)
	putUint24(extended[7:], size.Y-1)
	chunk := webpChunk("VP8X", extended)
	head := append(webpHeader("RIFF", 4+int64(len(chunk))+f.length), "WEBP"...)
	return bytes.NewReader(append(head, chunk...))
}

func putUint24(b []byte, n int) { b[0], b[1], b[2] = byte(n), byte(n>>8), byte(n>>16) }
