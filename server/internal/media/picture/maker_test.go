package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/bbrks/go-blurhash"
)

// preview cleans a picture and makes its preview.
func preview(tb testing.TB, file []byte, format Format) (Preview, Info) {
	tb.Helper()
	_, info := cleaned(tb, file, format)
	p, err := NewMaker(Limits{}).Make(tb.Context(), bytes.NewReader(file), int64(len(file)), info)
	if err != nil {
		tb.Fatalf("%s: %v", format, err)
	}
	return p, info
}

func decoded(t *testing.T, thumb Thumbnail) image.Image {
	t.Helper()
	decode := jpeg.Decode
	if thumb.Type == string(PNG) {
		decode = png.Decode
	}
	m, err := decode(bytes.NewReader(thumb.Data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Size() != image.Pt(thumb.Width, thumb.Height) {
		t.Errorf("%v, said to be %d × %d", m.Bounds(), thumb.Width, thumb.Height)
	}
	return m
}

// near reports whether two colours are hard to tell apart.
func near(a, b color.Color) bool {
	const most = 0x1800
	r1, g1, b1, a1 := a.RGBA()
	r2, g2, b2, a2 := b.RGBA()
	for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2), int(a1) - int(a2)} {
		if d > most || d < -most {
			return false
		}
	}
	return true
}

// TestMake_orientation turns pictures in all eight ways. The corners must be where a viewer that
// knows EXIF shows them.
func TestMake_orientation(t *testing.T) {
	red, green, blue, white := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	for o, want := range map[Orientation][4]color.RGBA{ // clockwise from the upper left corner
		1: {red, green, blue, white},
		2: {green, red, white, blue},
		3: {blue, white, red, green},
		4: {white, blue, green, red},
		5: {red, white, blue, green},
		6: {white, red, green, blue},
		7: {blue, green, red, white},
		8: {green, blue, white, red},
	} {
		exif := segment(markAPP1, string(exifPrefix), tiff(binary.LittleEndian, o))
		plain := jpegOf(t, corners(400, 300))
		file := bytes.Join([][]byte{plain[:2], exif, plain[2:]}, nil)
		p, info := preview(t, file, JPEG)
		if len(p.Thumbnails) != 1 {
			t.Fatalf("%d: %d thumbnails", o, len(p.Thumbnails))
		}
		m := decoded(t, p.Thumbnails[0])
		size := m.Bounds().Size()
		if w, h := info.Shown(); (w > h) != (size.X > size.Y) || max(size.X, size.Y) != SmallSide || min(size.X, size.Y) != SmallSide*3/4 {
			t.Errorf("%d: %v of %d × %d", o, size, w, h)
		}
		for i, at := range []image.Point{{9, 9}, {size.X - 9, 9}, {size.X - 9, size.Y - 9}, {9, size.Y - 9}} {
			if !near(m.At(at.X, at.Y), want[i]) {
				t.Errorf("%d: corner %d is %v, want %v", o, i, m.At(at.X, at.Y), want[i])
			}
		}
	}
}

// TestMake_sizes shows which thumbnails are made of which pictures.
func TestMake_sizes(t *testing.T) {
	for name, c := range map[string]struct {
		file   []byte
		format Format
		want   []image.Point
	}{
		"large":              {jpegOf(t, photo(1600, 100)), JPEG, []image.Point{{1280, 80}, {320, 20}}},
		"middling":           {jpegOf(t, photo(500, 250)), JPEG, []image.Point{{320, 160}}},
		"small":              {jpegOf(t, photo(320, 200)), JPEG, nil},
		"one pixel":          {jpegOf(t, photo(1, 1)), JPEG, nil},
		"a line":             {jpegOf(t, photo(1, 9000)), JPEG, []image.Point{{1, 1280}, {1, 320}}},
		"a moving one":       {movingGIF(t, 20, 10, 3), GIF, []image.Point{{20, 10}}},
		"a moving large one": {movingGIF(t, 400, 200, 2), GIF, []image.Point{{320, 160}}},
		"a still GIF file":   {movingGIF(t, 20, 10, 1), GIF, nil},
		"saves nothing":      {pngOf(t, corners(330, 330)), PNG, nil},
	} {
		p, _ := preview(t, c.file, c.format)
		var got []image.Point
		for _, thumb := range p.Thumbnails {
			decoded(t, thumb)
			got = append(got, image.Pt(thumb.Width, thumb.Height))
		}
		if len(got) != len(c.want) || len(got) > 0 && got[len(got)-1] != c.want[len(got)-1] || len(got) > 1 && got[0] != c.want[0] {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if p.Blurhash == "" {
			t.Errorf("%s: no blurhash", name)
		}
	}
}

// TestMake_looksTheSame compares the thumbnail of each kind of image with the picture.
func TestMake_looksTheSame(t *testing.T) {
	const w, h = 499, 251
	wave := image.NewRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			wave.Set(x, y, color.RGBA64{uint16(x * 65535 / w), uint16(y * 65535 / h), uint16((x + y) * 65535 / (w + h)), 65535})
		}
	}
	as := func(model color.Model, m interface {
		image.Image
		Set(x, y int, c color.Color)
	},
	) image.Image {
		for y := range h {
			for x := range w {
				m.Set(x, y, model.Convert(wave.At(x, y)))
			}
		}
		return m
	}
	r := image.Rect(0, 0, w, h)
	for name, file := range map[string]struct {
		format Format
		data   []byte
		grey   bool
	}{
		"jpeg":         {JPEG, jpegOf(t, wave), false},
		"grey jpeg":    {JPEG, jpegOf(t, as(color.GrayModel, image.NewGray(r))), true},
		"png":          {PNG, pngOf(t, as(color.RGBAModel, image.NewRGBA(r))), false},
		"png, 16 bits": {PNG, pngOf(t, wave), false},
		"grey png":     {PNG, pngOf(t, as(color.Gray16Model, image.NewGray16(r))), true},
	} {
		p, _ := preview(t, file.data, file.format)
		if len(p.Thumbnails) == 0 {
			t.Errorf("%s: no thumbnail", name)
			continue
		}
		m := decoded(t, p.Thumbnails[0])
		for _, at := range []image.Point{{2, 2}, {160, 80}, {310, 10}, {300, 150}, {10, 150}} {
			want := wave.At(at.X*w/SmallSide, at.Y*w/SmallSide)
			if file.grey {
				want = color.GrayModel.Convert(want)
			}
			if !near(m.At(at.X, at.Y), want) {
				t.Errorf("%s: %v at %v, want %v", name, m.At(at.X, at.Y), at, want)
			}
		}
	}
}

// TestMake_transparency shows that transparent pixels stay transparent.
func TestMake_transparency(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 400 {
			m.SetNRGBA(x, y, color.NRGBA{byte(rand.Uint32()), byte(x), byte(y), byte(x * 255 / 399)})
		}
	}
	p, _ := preview(t, pngOf(t, m), PNG)
	if len(p.Thumbnails) != 1 || p.Thumbnails[0].Type != string(PNG) {
		t.Fatalf("%d thumbnails", len(p.Thumbnails))
	}
	small := decoded(t, p.Thumbnails[0])
	if _, _, _, a := small.At(0, 0).RGBA(); a > 0x200 {
		t.Errorf("the left side has the alpha %#x", a)
	}
	if _, _, _, a := small.At(319, 319).RGBA(); a < 0xfd00 {
		t.Errorf("the right side has the alpha %#x", a)
	}
	nothing, _ := preview(t, pngOf(t, image.NewNRGBA(image.Rect(0, 0, 40, 40))), PNG)
	blank := image.NewGray(image.Rect(0, 0, 40, 40))
	draw.Draw(blank, blank.Rect, image.White, image.Point{}, draw.Src)
	white, _ := preview(t, pngOf(t, blank), PNG)
	if nothing.Blurhash != white.Blurhash {
		t.Errorf("the blurhash of nothing is %s, that of white %s", nothing.Blurhash, white.Blurhash)
	}
}

// TestMake_firstFrame shows that a picture that moves has its first frame as its thumbnail, in
// its place.
func TestMake_firstFrame(t *testing.T) {
	p, _ := preview(t, movingWebP(200, 100), WebP)
	if len(p.Thumbnails) != 1 {
		t.Fatalf("%d thumbnails", len(p.Thumbnails))
	}
	m := decoded(t, p.Thumbnails[0])
	if !near(m.At(150, 75), magenta) || !near(m.At(50, 25), color.Transparent) {
		t.Errorf("%v, %v", m.At(150, 75), m.At(50, 25))
	}

	g := gif.GIF{Config: image.Config{Width: 60, Height: 40}}
	for i := range 2 {
		f := image.NewPaletted(image.Rect(20+i, 10, 40, 30), color.Palette{color.RGBA{255, 0, 0, 255}})
		g.Image, g.Delay = append(g.Image, f), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	p, _ = preview(t, b.Bytes(), GIF)
	m = decoded(t, p.Thumbnails[0])
	if !near(m.At(30, 20), color.RGBA{255, 0, 0, 255}) || !near(m.At(10, 20), color.Transparent) || !near(m.At(50, 35), color.Transparent) {
		t.Errorf("%v, %v", m.At(30, 20), m.At(10, 20))
	}
}

// TestMake_lossyWebP shows that the colours of lossy WebP are read as they are meant.
func TestMake_lossyWebP(t *testing.T) {
	p, _ := preview(t, lossyRed, WebP)
	m, err := blurhash.Decode(p.Blurhash, 1, 1, 1)
	if err != nil || !near(m.At(0, 0), color.RGBA{255, 0, 0, 255}) {
		t.Errorf("%v, %v, want red", m.At(0, 0), err)
	}
}

// TestMake_profile shows that thumbnails have the colour profile of their picture.
func TestMake_profile(t *testing.T) {
	p, _ := preview(t, photograph(t, photo(400, 100), upright), JPEG)
	if !bytes.Contains(p.Thumbnails[0].Data, []byte(profileRGB())) {
		t.Error("the thumbnail of a JPEG file has no profile")
	}
	decoded(t, p.Thumbnails[0])
	clear := photo(400, 100)
	for i := range clear.Pix {
		clear.Pix[i] = byte(rand.Uint32() | 128)
	}
	p, _ = preview(t, withChunk(pngOf(t, clear), []byte(profileRGB())), PNG)
	decoded(t, p.Thumbnails[0])
	if _, info := cleaned(t, p.Thumbnails[0].Data, PNG); string(info.profile) != profileRGB() {
		t.Error("the thumbnail of a PNG file has no profile")
	}
}

// header returns the start of a PNG file of any size.
func header(width, height uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, width)
	b = binary.BigEndian.AppendUint32(b, height)
	return append([]byte(pngSignature), pngChunk("IHDR", append(b, 8, 6, 0, 0, 0))...)
}

// TestMake_bombs shows that small files that would become huge cost next to nothing.
func TestMake_bombs(t *testing.T) {
	var end []byte
	end = append(end, pngChunk("IDAT", []byte("\x78\x9c\x00"))...)
	end = append(end, pngChunk("IEND", nil)...)
	huge := bytes.Replace(jpegOf(t, photo(8, 8)), []byte{0, 8, 0, 8, 3}, []byte{0xff, 0xff, 0xff, 0xff, 3}, 1)
	movie := movingGIF(t, 20, 10, 300)
	binary.LittleEndian.PutUint32(movie[6:], 0xffffffff)
	canvas := movingWebP(20, 10)
	putUint24(canvas[lenRIFF+lenChunk+4:], 1<<24-1)
	putUint24(canvas[lenRIFF+lenChunk+7:], 1<<24-1)
	for name, c := range map[string]struct {
		format Format
		file   []byte
	}{
		"png":  {PNG, append(header(65535, 65535), end...)},
		"png2": {PNG, append(header(1<<31-1, 1<<31-1), end...)},
		"jpeg": {JPEG, huge},
		"gif":  {GIF, movie},
		"webp": {WebP, canvas},
	} {
		_, info := cleaned(t, c.file, c.format)
		got := allocated(func() {
			_, err := NewMaker(Limits{}).Make(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), info)
			if !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: %v, want it too large", name, err)
			}
		})
		if got > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, got)
		}
	}
}

// TestMake_passes decodes a progressive picture with a great many passes over all its pixels. The
// time limit ends it.
func TestMake_passes(t *testing.T) {
	const side = 2048
	pass := segment(markSOS, "\x01\x01\x00\x01\x3f\x00")
	pass = append(pass, make([]byte, 8)...) // four runs over all blocks
	file := append([]byte{0xff, markSOI}, segment(markDQT, "\x00"+string(bytes.Repeat([]byte{1}, 64)))...)
	file = append(file, segment(markSOF2, "\x08\x08\x00\x08\x00\x01\x01\x11\x00")...)
	file = append(file, segment(markDHT, "\x10\x01"+string(make([]byte, 15))+"\xe0")...) // a run of 16,384 blocks
	file = append(file, bytes.Repeat(pass, 2000)...)
	_, info := cleaned(t, file, JPEG)
	if info.Width != side {
		t.Fatalf("%+v", info)
	}
	start := time.Now()
	_, err := NewMaker(Limits{Time: 20 * time.Millisecond}).Make(t.Context(), bytes.NewReader(file), int64(len(file)), info)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%v, %v", took, err)
	}
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want it too large", err)
	}
}

func TestMake_damaged(t *testing.T) {
	file := jpegOf(t, photo(640, 480))
	_, info := cleaned(t, file, JPEG)
	m := NewMaker(Limits{})
	if _, err := m.Make(t.Context(), bytes.NewReader(file[:len(file)/2]), int64(len(file)/2), info); !errors.Is(err, ErrDamaged) {
		t.Errorf("half a file: %v", err)
	}
	other := jpegOf(t, photo(641, 480))
	if _, err := m.Make(t.Context(), bytes.NewReader(other), int64(len(other)), info); !errors.Is(err, ErrDamaged) {
		t.Errorf("a file of another size: %v", err)
	}
	broken := readerAt(func([]byte, int64) (int, error) { return 0, iotest.ErrTimeout })
	if _, err := m.Make(t.Context(), broken, int64(len(file)), info); !errors.Is(err, iotest.ErrTimeout) || errors.Is(err, ErrDamaged) {
		t.Errorf("a source that cannot be read: %v", err)
	}
}

// TestDecode_panic shows that a decoder that panics does not end the process.
func TestDecode_panic(t *testing.T) {
	_, err := decode(bytes.NewReader(nil), 0, Info{Format: JPEG}, func(io.Reader) io.Reader {
		return reader(func([]byte) (int, error) { panic("a mistake") })
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// TestMaker_turns shows that pictures wait for one another, that waiting can be given up, and that
// there is a limit to how many wait.
func TestMaker_turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := jpegOf(t, photo(8, 8))
		_, info := cleaned(t, file, JPEG)
		size := int64(len(file))
		m := NewMaker(Limits{Workers: 1, Waiting: 1})
		release := make(chan struct{})
		slow := readerAt(func(p []byte, at int64) (int, error) {
			<-release
			return bytes.NewReader(file).ReadAt(p, at)
		})
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := m.Make(t.Context(), slow, size, info); err != nil {
				t.Errorf("the first one: %v", err)
			}
		})
		synctest.Wait()
		waiting, giveUp := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := m.Make(waiting, bytes.NewReader(file), size, info); !errors.Is(err, context.Canceled) {
				t.Errorf("the one that gave up: %v", err)
			}
		})
		synctest.Wait()
		if _, err := m.Make(t.Context(), bytes.NewReader(file), size, info); !errors.Is(err, ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
		giveUp()
		synctest.Wait()
		all.Go(func() {
			if _, err := m.Make(t.Context(), bytes.NewReader(file), size, info); err != nil {
				t.Errorf("the last one: %v", err)
			}
		})
		synctest.Wait()
		close(release)
		all.Wait()
	})
}

// TestMaker_cancel shows that a picture that is being decoded can be given up.
func TestMaker_cancel(t *testing.T) {
	file := jpegOf(t, photo(640, 480))
	_, info := cleaned(t, file, JPEG)
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	src := readerAt(func(p []byte, at int64) (int, error) {
		if reads++; reads == 2 {
			cancel()
		}
		return bytes.NewReader(file).ReadAt(p[:min(len(p), 4<<10)], at)
	})
	if _, err := NewMaker(Limits{}).Make(ctx, src, int64(len(file)), info); !errors.Is(err, context.Canceled) || reads > 3 {
		t.Errorf("%v after %d reads", err, reads)
	}
}

// TestShrinker compares the shrunk rows with the mean of each area, computed in the simplest way.
func TestShrinker(t *testing.T) {
	for _, c := range []struct{ fromX, fromY, toX, toY int }{
		{7, 5, 3, 2}, {8, 8, 4, 4}, {10, 3, 1, 1}, {5, 5, 5, 5}, {640, 3, 639, 2}, {3, 4, 7, 9}, {1, 1, 1, 1},
	} {
		for _, channels := range []int{1, 4} {
			src := make([]byte, c.fromX*c.fromY*channels)
			for i := range src {
				src[i] = byte(i*i*7 + i*13)
			}
			got := make([]byte, c.toX*c.toY*channels)
			s := newShrinker(c.fromX, c.fromY, c.toX, c.toY, channels)
			err := s.run(got, func(y int) []byte { return src[y*c.fromX*channels:][:c.fromX*channels] }, func() error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range got {
				x, y, channel := i/channels%c.toX, i/channels/c.toX, i%channels
				want := mean(c.fromX, c.fromY, c.toX, c.toY, x, y, func(x, y int) byte { return src[(y*c.fromX+x)*channels+channel] })
				if d := float64(v) - want; d > 0.51 || d < -0.51 {
					t.Fatalf("%+v, %d channels: %d at %d, %d, want %v", c, channels, v, x, y, want)
				}
			}
		}
	}
}

func mean(fromX, fromY, toX, toY, x, y int, at func(x, y int) byte) float64 {
	part := func(from, to, i, pixel int) float64 {
		low, high := float64(i*from)/float64(to), float64((i+1)*from)/float64(to)
		return max(0, min(high, float64(pixel+1))-max(low, float64(pixel)))
	}
	sum, all := 0.0, 0.0
	for py := range fromY {
		for px := range fromX {
			p := part(fromX, toX, x, px) * part(fromY, toY, y, py)
			sum, all = sum+p*float64(at(px, py)), all+p
		}
	}
	return sum / all
}
