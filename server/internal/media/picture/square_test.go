package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"testing"
)

// squared cleans a picture, and makes its squares.
func squared(tb testing.TB, file []byte, format Format) Preview {
	tb.Helper()
	_, info := cleaned(tb, file, format)
	p, err := NewMaker(Limits{}).Square(tb.Context(), bytes.NewReader(file), int64(len(file)), info)
	if err != nil {
		tb.Fatalf("%s: %v", format, err)
	}
	return p
}

// framed returns a picture of corners between margins of black, to the left and right, or above and
// below.
func framed(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(m, m.Rect, image.Black, image.Point{}, draw.Src)
	side := min(width, height)
	at := image.Pt((width-side)/2, (height-side)/2)
	draw.Draw(m, image.Rectangle{at, at.Add(image.Pt(side, side))}, corners(side, side), image.Point{}, draw.Src)
	return m
}

// TestSquare shows that the square is the middle of a picture, upright, in two sizes, and that
// nothing else of the file is in it.
func TestSquare(t *testing.T) {
	quarters := func(m image.Image) [4]color.Color {
		side := m.Bounds().Dx()
		low, high := side/4, side*3/4
		return [4]color.Color{m.At(low, low), m.At(high, low), m.At(high, high), m.At(low, high)}
	}
	red, green, blue, white := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	for _, size := range []image.Point{{900, 300}, {300, 900}, {901, 303}, {277, 1013}, {600, 600}, {257, 256}} {
		for o, want := range map[Orientation][4]color.Color{
			upright: {red, green, blue, white}, turned90: {white, red, green, blue}, turned180: {blue, white, red, green},
			turned270: {green, blue, white, red}, mirrored: {green, red, white, blue}, transposed: {red, white, blue, green},
		} {
			p := squared(t, photograph(t, framed(size.X, size.Y), o), JPEG)
			if len(p.Thumbnails) != 2 || p.Blurhash == "" {
				t.Fatalf("%v: %d squares, blurhash %q", size, len(p.Thumbnails), p.Blurhash)
			}
			for i, side := range []int{LargeSquare, SmallSquare} {
				m := decoded(t, p.Thumbnails[i])
				if m.Bounds().Size() != image.Pt(side, side) {
					t.Errorf("%v: a square of %v", size, m.Bounds())
				}
				for k, c := range quarters(m) {
					if !near(c, want[k]) {
						t.Errorf("%v, orientation %d: quarter %d of %d is %v, want %v", size, o, k, side, c, want[k])
					}
				}
				if bytes.Contains(p.Thumbnails[i].Data, []byte(secret)) {
					t.Errorf("%v: the square has what the file says of itself", size)
				}
			}
		}
	}
}

// TestSquare_formats cuts squares out of pictures in each format, and out of small and odd ones.
func TestSquare_formats(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 400}, {400, 1}, {5, 3}, {3, 5}, {63, 65}} {
		m := photo(size.X, size.Y)
		for format, file := range map[Format][]byte{JPEG: jpegOf(t, m), PNG: pngOf(t, m)} {
			p := squared(t, file, format)
			side := min(size.X, size.Y)
			if got := decoded(t, p.Thumbnails[0]).Bounds().Dx(); got != min(side, LargeSquare) {
				t.Errorf("%s of %v: a square of %d", format, size, got)
			}
		}
	}
	if m := decoded(t, squared(t, lossyRed, WebP).Thumbnails[0]); !near(m.At(8, 8), color.RGBA{255, 0, 0, 255}) {
		t.Errorf("lossy WebP: %v", m.At(8, 8))
	}
	// The first frame covers the lower right quarter.
	if m := decoded(t, squared(t, movingWebP(200, 100), WebP).Thumbnails[0]); !near(m.At(75, 75), magenta) || !near(m.At(25, 25), color.Transparent) || !near(m.At(75, 25), color.Transparent) {
		t.Errorf("moving WebP: %v, %v, %v", m.At(75, 75), m.At(25, 25), m.At(75, 25))
	}
	for at, want := range map[int]color.Color{5: color.Transparent, 50: color.RGBA{255, 0, 0, 255}} { // outside of the square, and within
		g := gif.GIF{Config: image.Config{Width: 100, Height: 20}}
		for range 2 {
			f := image.NewPaletted(image.Rect(at, 4, at+4, 16), color.Palette{color.RGBA{255, 0, 0, 255}})
			g.Image, g.Delay = append(g.Image, f), append(g.Delay, 5)
		}
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, &g); err != nil {
			t.Fatal(err)
		}
		if m := decoded(t, squared(t, b.Bytes(), GIF).Thumbnails[0]); !near(m.At(11, 10), want) {
			t.Errorf("GIF with its frame at %d: %v, want %v", at, m.At(11, 10), want)
		}
	}
}

// TestSquare_planes compares the middle of pictures whose colours are in planes, as decoders of
// WebP and JPEG return them, with the middle of the whole.
func TestSquare_planes(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440,
		image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range []image.Point{{131, 48}, {48, 131}, {64, 64}} {
			planes := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			// It changes slowly: areas that share a colour begin elsewhere in the middle than in
			// the whole, by less than a pixel, if the whole has an odd width.
			for _, p := range []struct {
				pix    []byte
				stride int
			}{{planes.Y, planes.YStride}, {planes.Cb, planes.CStride}, {planes.Cr, planes.CStride}} {
				for i := range p.pix {
					p.pix[i] = byte(60 + i%p.stride + i/p.stride)
				}
			}
			clear := &image.NYCbCrA{YCbCr: *planes, A: bytes.Repeat([]byte{255}, size.X*size.Y), AStride: size.X}
			for name, img := range map[string]image.Image{"opaque": planes, "transparent": clear} {
				for _, video := range []bool{false, true} {
					whole := canvas{Image: img, size: size, video: video}
					side := min(size.X, size.Y)
					got, err := whole.square().shrink(image.Pt(side, side), func() error { return nil })
					if err != nil {
						t.Fatal(err)
					}
					all, err := whole.shrink(size, func() error { return nil })
					if err != nil {
						t.Fatal(err)
					}
					at := size.Sub(image.Pt(side, side)).Div(2 * aligned).Mul(aligned)
					for y := range side {
						for x := range side {
							if !near(got.At(x, y), all.At(at.X+x, at.Y+y)) {
								t.Fatalf("%v, %s, video %v, %v: (%d, %d) is %v, want %v", ratio, name, video, size, x, y, got.At(x, y), all.At(at.X+x, at.Y+y))
							}
						}
					}
				}
			}
		}
	}
}

// TestSquare_refused shows that a square is bounded as a preview is.
func TestSquare_refused(t *testing.T) {
	file := pngOf(t, photo(100, 100))
	_, info := cleaned(t, file, PNG)
	for name, c := range map[string]struct {
		limits Limits
		file   []byte
		want   error
	}{
		"too many pixels": {Limits{Pixels: 9_999}, file, ErrTooLarge},
		"too much memory": {Limits{Memory: 100}, file, ErrTooLarge},
		"cut short":       {Limits{}, file[:len(file)/2], ErrDamaged},
	} {
		_, err := NewMaker(c.limits).Square(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), info)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// FuzzSquare shows that the middle of any canvas is a square, wherever its image is.
func FuzzSquare(f *testing.F) {
	f.Add(10, 20, 0, 0, 10, 20, true)
	f.Add(200, 100, 100, 50, 100, 50, true)
	f.Add(7, 1, 6, 0, 1, 1, false)
	f.Fuzz(func(t *testing.T, width, height, x, y, dx, dy int, planes bool) {
		const most = 300
		if min(width, height, dx, dy) < 1 || min(x, y) < 0 || x > most || y > most || max(width, height) > most || x+dx > width || y+dy > height {
			return
		}
		c := canvas{at: image.Pt(x, y), size: image.Pt(width, height), Image: image.NewPaletted(image.Rect(x, y, x+dx, y+dy), color.Palette{color.Black})}
		if planes {
			c.at, c.Image, c.video = image.Pt(x/2*2, y/2*2), image.NewYCbCr(image.Rect(0, 0, dx, dy), image.YCbCrSubsampleRatio420), true
		}
		got, err := c.square().shrink(image.Pt(3, 3), func() error { return nil })
		if err != nil || got.Rect != image.Rect(0, 0, 3, 3) {
			t.Error(fmt.Sprint(err, got))
		}
	})
}
