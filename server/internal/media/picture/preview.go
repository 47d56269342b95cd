package picture

import (
	"bufio"
	"image"
	"io"

	"github.com/bbrks/go-blurhash"
)

// The longest sides of thumbnails: one for a conversation, one for a list or a quotation.
const (
	LargeSide = 1280
	SmallSide = 320

	tinySide = 32 // the pixels that the blurhash is computed from
)

// Preview holds the things that clients show before they load a picture, or instead of it.
type Preview struct {
	Blurhash   string
	Thumbnails []Thumbnail // the larger one first
}

// Thumbnail is a smaller still picture, upright.
type Thumbnail struct {
	Width, Height int
	Type          string // the media type: JPEG, or PNG if something is transparent
	Data          []byte
}

// job is the making of one preview.
type job struct {
	src  io.ReaderAt
	size int64
	info Info
	pace func() error
}

func (j job) run() (Preview, error) {
	large, err := j.decode()
	if err != nil {
		return Preview{}, err
	}
	small, err := j.smaller(large, SmallSide)
	if err != nil {
		return Preview{}, err
	}
	tiny, err := j.smaller(small, tinySide)
	if err != nil {
		return Preview{}, err
	}
	var p Preview
	if p.Blurhash, err = blur(j.info.Orientation.turn(tiny)); err != nil {
		return Preview{}, err
	}
	for _, t := range []struct {
		*image.RGBA
		still bool // it is wanted even if it saves nothing, since it does not move
	}{{large, false}, {small, j.info.Animated()}} {
		if err := j.add(&p, t.RGBA, t.still); err != nil {
			return Preview{}, err
		}
	}
	return p, nil
}

// decode returns the picture in the size of the larger thumbnail. The decoded picture itself is
// garbage afterwards.
func (j job) decode() (*image.RGBA, error) {
	c, err := j.canvas()
	if err != nil {
		return nil, err
	}
	return c.shrink(fit(c.size, LargeSide), j.pace)
}

// canvas returns the decoded picture.
func (j job) canvas() (canvas, error) {
	return decode(j.src, j.size, j.info, func(r io.Reader) io.Reader {
		return sips(bufio.NewReaderSize(r, buffer), j.pace)
	})
}

func (j job) smaller(m *image.RGBA, side int) (*image.RGBA, error) {
	c := canvas{Image: m, size: m.Rect.Size()}
	return c.shrink(fit(c.size, side), j.pace)
}

// add adds a thumbnail if it saves something. If it does not, clients show the picture itself.
func (j job) add(p *Preview, m *image.RGBA, still bool) error {
	if m.Rect.Dx() >= j.info.Width && m.Rect.Dy() >= j.info.Height && !still {
		return nil
	}
	t, err := encode(j.info.Orientation.turn(m), j.info.profile, j.pace)
	if err != nil {
		return err
	}
	if still || int64(len(t.Data)) < j.size {
		p.Thumbnails = append(p.Thumbnails, t)
	}
	return nil
}

// fit returns the size of a picture whose longest side is at most that long.
func fit(size image.Point, side int) image.Point {
	longest := max(size.X, size.Y)
	if longest <= side {
		return size
	}
	scaled := func(n int) int { return max(1, (n*side+longest/2)/longest) }
	return image.Pt(scaled(size.X), scaled(size.Y))
}

// turn returns a picture as it is shown.
func (o Orientation) turn(m *image.RGBA) *image.RGBA {
	if !o.turns() {
		return m
	}
	width, height := m.Rect.Dx(), m.Rect.Dy()
	shownWidth, shownHeight := o.size(width, height)
	turned := image.NewRGBA(image.Rect(0, 0, shownWidth, shownHeight))
	for y := range shownHeight {
		for x := range shownWidth {
			fromX, fromY := o.from(x, y, width, height)
			copy(turned.Pix[turned.PixOffset(x, y):][:4], m.Pix[m.PixOffset(fromX, fromY):])
		}
	}
	return turned
}

// blur returns the blurhash of a picture. Transparent pixels count as white.
func blur(m *image.RGBA) (string, error) {
	across, down := 4, 3
	if m.Rect.Dy() > m.Rect.Dx() {
		across, down = 3, 4
	}
	return blurhash.Encode(across, down, onWhite(m))
}

// onWhite returns a picture without transparency.
func onWhite(m *image.RGBA) *image.RGBA {
	white := image.NewRGBA(m.Rect)
	for i := 0; i < len(m.Pix); i += 4 {
		missing := 255 - m.Pix[i+3]
		for k := range 3 {
			white.Pix[i+k] = m.Pix[i+k] + missing
		}
		white.Pix[i+3] = 255
	}
	return white
}
