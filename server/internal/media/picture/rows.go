package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// shrink returns the picture in a smaller size.
func (c canvas) shrink(size image.Point, pause func() error) (*image.RGBA, error) {
	if planes, ok := c.Image.(*image.YCbCr); ok && !c.video && planes.Rect == (image.Rectangle{Max: c.size}) {
		return shrinkPlanes(planes, size, pause)
	}
	small := image.NewRGBA(image.Rectangle{Max: size})
	s := newShrinker(c.size.X, c.size.Y, size.X, size.Y, 4)
	return small, s.run(small.Pix, c.rows(), pause)
}

// shrinkPlanes shrinks each plane of a photograph by itself, and converts the colours of the
// small picture only.
func shrinkPlanes(p *image.YCbCr, size image.Point, pause func() error) (*image.RGBA, error) {
	small := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio444)
	colours := subsampled(p)
	for _, plane := range []struct {
		dst, src []byte
		stride   int
		size     image.Point
	}{
		{small.Y, p.Y, p.YStride, p.Rect.Size()},
		{small.Cb, p.Cb, p.CStride, colours},
		{small.Cr, p.Cr, p.CStride, colours},
	} {
		s := newShrinker(plane.size.X, plane.size.Y, size.X, size.Y, 1)
		row := func(y int) []byte { return plane.src[y*plane.stride:][:plane.size.X] }
		if err := s.run(plane.dst, row, pause); err != nil {
			return nil, err
		}
	}
	rgba := image.NewRGBA(small.Rect)
	draw.Draw(rgba, rgba.Rect, small, image.Point{}, draw.Src)
	return rgba, nil
}

// subsampled returns the size of the planes of colour.
func subsampled(p *image.YCbCr) image.Point {
	size := p.Rect.Size()
	switch p.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
	case image.YCbCrSubsampleRatio422:
		size.X = (size.X + 1) / 2
	case image.YCbCrSubsampleRatio420:
		size.X, size.Y = (size.X+1)/2, (size.Y+1)/2
	case image.YCbCrSubsampleRatio440:
		size.Y = (size.Y + 1) / 2
	case image.YCbCrSubsampleRatio411:
		size.X = (size.X + 3) / 4
	case image.YCbCrSubsampleRatio410:
		size.X, size.Y = (size.X+3)/4, (size.Y+1)/2
	}
	return size
}

// rows returns a function that returns a row of the canvas, multiplied by its transparency. The
// row is valid until the next call.
func (c canvas) rows() func(y int) []byte {
	if m, ok := c.Image.(*image.RGBA); ok && m.Rect == (image.Rectangle{Max: c.size}) {
		return func(y int) []byte { return m.Pix[y*m.Stride:][:4*c.size.X] }
	}
	row := image.NewRGBA(image.Rect(0, 0, c.size.X, 1))
	bounds := c.Bounds()
	return func(y int) []byte {
		clear(row.Pix)
		from := y - c.at.Y + bounds.Min.Y
		if from < bounds.Min.Y || from >= bounds.Max.Y {
			return row.Pix
		}
		to := image.Rect(c.at.X, 0, c.at.X+bounds.Dx(), 1)
		if !c.video || !videoRow(row.Pix[4*to.Min.X:4*to.Max.X], c.Image, from) {
			draw.Draw(row, to, c.Image, image.Pt(bounds.Min.X, from), draw.Src)
		}
		return row.Pix
	}
}

// videoRow converts a row of a lossy WebP picture. The colours of such a picture are in the
// range of video, which package image does not know. It reports false for other pictures.
func videoRow(dst []byte, img image.Image, y int) bool {
	switch m := img.(type) {
	case *image.YCbCr:
		for x := range len(dst) / 4 {
			r, g, b := videoColour(m.YCbCrAt(x, y))
			copy(dst[4*x:], []byte{byte(r), byte(g), byte(b), 255})
		}
	case *image.NYCbCrA:
		for x := range len(dst) / 4 {
			r, g, b := videoColour(m.YCbCr.YCbCrAt(x, y))
			a := int(m.A[m.AOffset(x, y)])
			copy(dst[4*x:], []byte{byte(r * a / 255), byte(g * a / 255), byte(b * a / 255), byte(a)})
		}
	default:
		return false
	}
	return true
}

// videoColour converts a colour in the range of video, as ITU-R BT.601 says.
func videoColour(c color.YCbCr) (r, g, b int) {
	y, cb, cr := 298*(int(c.Y)-16)+128, int(c.Cb)-128, int(c.Cr)-128
	return within((y + 409*cr) >> 8), within((y - 100*cb - 208*cr) >> 8), within((y + 516*cb) >> 8)
}

func within(v int) int { return min(max(v, 0), 255) }
