package picture

import (
	"context"
	"image"
	"io"
)

// The sides of the squares that are made of the pictures of users and groups.
const (
	LargeSquare = 256
	SmallSquare = 64
)

// Square cuts the largest square out of the middle of a picture, and returns it in two sizes, the
// larger one first. A picture that is smaller than that stays as small. In all else it is as
// [Maker.Make].
func (m *Maker) Square(ctx context.Context, src io.ReaderAt, size int64, info Info) (Preview, error) {
	return m.inTurn(ctx, src, size, info, job.square)
}

func (j job) square() (p Preview, err error) {
	whole, err := j.canvas()
	if err != nil {
		return Preview{}, err
	}
	square := whole.square()
	large, err := square.shrink(fit(square.size, LargeSquare), j.pace)
	if err != nil {
		return Preview{}, err
	}
	small, err := j.smaller(large, SmallSquare)
	if err != nil {
		return Preview{}, err
	}
	tiny, err := j.smaller(small, tinySide)
	if err != nil {
		return Preview{}, err
	}
	if p.Blurhash, err = blur(j.info.Orientation.turn(tiny)); err != nil {
		return Preview{}, err
	}
	for _, m := range []*image.RGBA{large, small} {
		t, err := encode(j.info.Orientation.turn(m), j.info.profile, j.pace)
		if err != nil {
			return Preview{}, err
		}
		p.Thumbnails = append(p.Thumbnails, t)
	}
	return p, nil
}

// aligned is a multiple of the width and the height of all areas whose pixels share a colour.
const aligned = 4

// square returns the middle of a canvas.
func (c canvas) square() canvas {
	side := min(c.size.X, c.size.Y)
	from := c.size.Sub(image.Pt(side, side)).Div(2 * aligned).Mul(aligned)
	cut := image.Rectangle{Min: from, Max: from.Add(image.Pt(side, side))}
	bounds := c.Bounds()
	toImage := bounds.Min.Sub(c.at)
	inside := cut.Add(toImage).Intersect(bounds)
	c.size = cut.Size()
	if inside.Empty() { // the first frame of a picture that moves may be anywhere on its canvas
		c.Image, c.at, c.video = image.NewRGBA(image.Rectangle{}), image.Point{}, false
		return c
	}
	c.at = inside.Min.Sub(toImage).Sub(from)
	if whole, ok := c.Image.(interface {
		SubImage(r image.Rectangle) image.Image
	}); ok {
		c.Image = fromZero(whole.SubImage(inside))
	}
	return c
}

// fromZero moves a part of an image whose colours are in planes to where whole images begin,
// because [canvas.shrink] takes it for one.
func fromZero(part image.Image) image.Image {
	switch m := part.(type) {
	case *image.YCbCr:
		moved := *m
		moved.Rect = m.Rect.Sub(m.Rect.Min)
		return &moved
	case *image.NYCbCrA:
		moved := *m
		moved.Rect = m.Rect.Sub(m.Rect.Min)
		return &moved
	default:
		return part
	}
}
