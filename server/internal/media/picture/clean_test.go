package picture

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"testing"
	"testing/iotest"

	"golang.org/x/image/webp"
)

// cleaned returns the clean copy of a picture.
func cleaned(tb testing.TB, file []byte, format Format) ([]byte, Info) {
	tb.Helper()
	var b bytes.Buffer
	info, err := Clean(tb.Context(), &b, bytes.NewReader(file), int64(len(file)), format)
	if err != nil {
		tb.Fatalf("%s: %v", format, err)
	}
	return b.Bytes(), info
}

// samples returns a picture of each format with secrets everywhere that a format has room for.
func samples(tb testing.TB) map[string]struct {
	format Format
	file   []byte
} {
	tb.Helper()
	type sample = struct {
		format Format
		file   []byte
	}
	text := bytes.Join([][]byte{
		pngChunk("tEXt", []byte("Comment\x00"+secret)),
		pngChunk("iTXt", []byte("XML:com.adobe.xmp\x00"+secret)),
		pngChunk("zTXt", []byte("Comment\x00\x00"+secret)),
		pngChunk("tIME", []byte(secret)),
		pngChunk("eXIf", []byte(tiff(binary.BigEndian, turned90))),
		pngChunk("seCr", []byte(secret)),
		pngChunk("gAMA", []byte(secret)), // too long for what it says it is
	}, nil)
	return map[string]sample{
		"jpeg":        {JPEG, photograph(tb, photo(64, 48), turned90)},
		"png":         {PNG, append(chunks(pngOf(tb, photo(64, 48)), text, text), secret...)},
		"apng":        {PNG, chunks(movingPNG(tb, corners(16, 8), photo(16, 8)), text, text)},
		"gif":         {GIF, movingGIF(tb, 20, 10, 3)},
		"webp":        {WebP, stillWebP(30, 20, turned270)},
		"moving webp": {WebP, movingWebP(20, 10)},
	}
}

// TestClean shows that nothing secret stays, that a second cleaning finds nothing more, and that
// the pixels have not changed.
func TestClean(t *testing.T) {
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(s.file, []byte(secret)) {
				t.Fatal("there is no secret in the file")
			}
			clean, info := cleaned(t, s.file, s.format)
			for _, word := range []string{secret, secret[:8], "xmp", "XMP D", "Photoshop", "MPF"} {
				if bytes.Contains(clean, []byte(word)) {
					t.Errorf("%q is still there", word)
				}
			}
			again, infoAgain := cleaned(t, clean, s.format)
			if !bytes.Equal(again, clean) {
				t.Error("a second cleaning has changed something")
			}
			if infoAgain.Width != info.Width || infoAgain.Orientation != info.Orientation || infoAgain.Frames != info.Frames {
				t.Errorf("%+v, and of the clean copy %+v", info, infoAgain)
			}
			samePixels(t, name, s.file, clean)
		})
	}
}

func samePixels(t *testing.T, name string, before, after []byte) {
	t.Helper()
	decode := map[string]func(io.Reader) (image.Image, error){
		"jpeg": jpeg.Decode, "png": png.Decode, "apng": png.Decode, "gif": gif.Decode, "webp": webp.Decode,
	}[name]
	if decode == nil {
		return
	}
	a, err := decode(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	b, err := decode(bytes.NewReader(after))
	if err != nil {
		t.Fatal(err)
	}
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v, was %v", b.Bounds(), a.Bounds())
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if color.RGBAModel.Convert(a.At(x, y)) != color.RGBAModel.Convert(b.At(x, y)) {
				t.Fatalf("another pixel at %d, %d", x, y)
			}
		}
	}
}

func TestClean_keepsWhatShows(t *testing.T) {
	files := samples(t)
	for name, want := range map[string]Info{
		"jpeg":        {Width: 64, Height: 48, Orientation: turned90, Frames: 1},
		"png":         {Width: 64, Height: 48, Orientation: turned90, Frames: 1},
		"apng":        {Width: 16, Height: 8, Orientation: turned90, Frames: 2},
		"gif":         {Width: 20, Height: 10, Orientation: upright, Frames: 3},
		"webp":        {Width: 30, Height: 20, Orientation: turned270, Frames: 1},
		"moving webp": {Width: 20, Height: 10, Orientation: upright, Frames: 2},
	} {
		_, info := cleaned(t, files[name].file, files[name].format)
		if info.Width != want.Width || info.Height != want.Height || info.Orientation != want.Orientation || info.Frames != want.Frames {
			t.Errorf("%s: %+v, want %+v", name, info, want)
		}
	}
	shown := Info{Width: 64, Height: 48, Orientation: turned90}
	if w, h := shown.Shown(); w != 48 || h != 64 {
		t.Errorf("shown as %d × %d", w, h)
	}
}

func TestClean_keepsColours(t *testing.T) {
	jpg, info := cleaned(t, photograph(t, photo(8, 8), upright), JPEG)
	if !bytes.Contains(jpg, []byte(profileRGB())) || string(info.profile) != profileRGB() {
		t.Error("the JPEG file has lost its profile")
	}
	if !bytes.Contains(jpg, segment(markAPP14, "Adobe\x00\x64\x00\x00\x00\x00\x01")) {
		t.Error("the JPEG file has lost its Adobe marker")
	}
	if bytes.Contains(jpg, exifPrefix) {
		t.Error("the JPEG file has EXIF, though it is upright")
	}
	clean, info := cleaned(t, withChunk(pngOf(t, photo(8, 8)), []byte(profileRGB())), PNG)
	if !bytes.Contains(clean, []byte("iCCP")) || string(info.profile) != profileRGB() {
		t.Error("the PNG file has lost its profile")
	}
	clean, info = cleaned(t, stillWebP(8, 8, upright), WebP)
	if !bytes.Contains(clean, []byte(profileRGB())) || string(info.profile) != profileRGB() {
		t.Error("the WebP file has lost its profile")
	}
	if flags := clean[lenRIFF+lenChunk]; flags != 0x30 {
		t.Errorf("the WebP file has the flags %#x", flags)
	}
}

func TestClean_keepsMovement(t *testing.T) {
	clean, _ := cleaned(t, movingGIF(t, 20, 10, 3), GIF)
	g, err := gif.DecodeAll(bytes.NewReader(clean))
	if err != nil || len(g.Image) != 3 || g.LoopCount != 3 || g.Delay[2] != 10 {
		t.Errorf("%v: %+v", err, g)
	}
	clean, _ = cleaned(t, movingPNG(t, corners(16, 8), photo(16, 8)), PNG)
	if !bytes.Equal(clean, movingPNG(t, corners(16, 8), photo(16, 8))) {
		t.Error("a moving PNG file without secrets has changed")
	}
	clean, info := cleaned(t, movingWebP(20, 10), WebP)
	if bytes.Count(clean, []byte("ANMF")) != 2 || !bytes.Contains(clean, []byte("ANIM")) || !info.Animated() {
		t.Errorf("%q", clean)
	}
}

// TestClean_brokenOff cuts every sample everywhere. Each copy is clean, or reported as damaged.
func TestClean_brokenOff(t *testing.T) {
	for name, s := range samples(t) {
		for n := range s.file {
			var b bytes.Buffer
			_, err := Clean(t.Context(), &b, bytes.NewReader(s.file[:n]), int64(n), s.format)
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s, %d bytes of it: %v", name, n, err)
			}
			if bytes.Contains(b.Bytes(), []byte(secret)) && err == nil {
				t.Fatalf("%s, %d bytes of it: a secret is still there", name, n)
			}
		}
	}
}

// TestClean_endsInItsPixels shows that a JPEG file without an end gets one.
func TestClean_endsInItsPixels(t *testing.T) {
	file := jpegOf(t, photo(64, 48))
	clean, _ := cleaned(t, file[:len(file)-2], JPEG)
	if !bytes.Equal(clean, file) {
		t.Error("the end is not what it was")
	}
	movie := movingGIF(t, 20, 10, 2)
	movie = movie[:len(movie)-len(secret)-1]
	if clean, info := cleaned(t, movie, GIF); info.Frames != 2 || clean[len(clean)-1] != gifTrailer {
		t.Errorf("%+v, ends in %x", info, clean[len(clean)-1])
	}
}

// TestClean_twoInOne shows that a file that is also something else is only a picture afterwards.
func TestClean_twoInOne(t *testing.T) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	if _, err := z.Create("x.class"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	both := append(jpegOf(t, photo(8, 8)), archive.Bytes()...)
	if _, err := zip.NewReader(bytes.NewReader(both), int64(len(both))); err != nil {
		t.Fatalf("it is no archive to begin with: %v", err)
	}
	clean, _ := cleaned(t, both, JPEG)
	if _, err := zip.NewReader(bytes.NewReader(clean), int64(len(clean))); err == nil {
		t.Error("it is still an archive")
	}

	script := movingGIF(t, 20, 10, 1)
	at := bytes.IndexByte(script, gifExtension)
	script = bytes.Join([][]byte{script[:at], []byte("\x21\xfe\x0a*/alert(1)\x00"), script[at:], []byte("*/=1;alert(1)//")}, nil)
	if clean, _ := cleaned(t, script, GIF); bytes.Contains(clean, []byte("alert")) {
		t.Error("the script is still there")
	}
}

func TestClean_damaged(t *testing.T) {
	still := stillWebP(8, 8, upright)
	for name, s := range map[string]struct {
		format Format
		file   []byte
	}{
		"nothing":                  {JPEG, nil},
		"a PNG file as JPEG":       {JPEG, pngOf(t, photo(8, 8))},
		"a JPEG file as PNG":       {PNG, jpegOf(t, photo(8, 8))},
		"text as GIF":              {GIF, []byte("GIF89a is a format")},
		"text as WebP":             {WebP, []byte("RIFF\x10\x00\x00\x00WEBPhello")},
		"no pixels":                {JPEG, []byte{0xff, markSOI, 0xff, markEOI}},
		"pixels before the header": {JPEG, append([]byte{0xff, markSOI}, segment(markSOS, "\x01\x01\x00\x00\x3f\x00")...)},
		"two headers": {JPEG, bytes.Join([][]byte{
			{0xff, markSOI},
			segment(markSOF0, "\x08\x00\x01\x00\x01\x01\x01\x11\x00"),
			segment(markSOF0, "\x08\xff\xff\xff\xff\x01\x01\x11\x00"),
		}, nil)},
		"a segment of length 1":   {JPEG, []byte{0xff, markSOI, 0xff, markAPP1, 0, 1}},
		"an unknown chunk":        {PNG, chunks(pngOf(t, photo(8, 8)), pngChunk("CgBI", []byte{1}), nil)},
		"a chunk of 4 GB":         {PNG, append([]byte(pngSignature), "\xff\xff\xff\xffIHDR"...)},
		"a chunk before its head": {PNG, append([]byte(pngSignature), pngChunk("tEXt", nil)...)},
		"no frame":                {GIF, []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")},
		"longer than it is":       {WebP, still[:len(still)-len(secret)-1]},
	} {
		var b bytes.Buffer
		if _, err := Clean(t.Context(), &b, bytes.NewReader(s.file), int64(len(s.file)), s.format); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want it damaged", name, err)
		}
	}
	if _, err := Clean(t.Context(), io.Discard, bytes.NewReader(nil), 0, "image/heic"); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("another format: %v", err)
	}
}

// TestClean_brokenSource shows that a picture is not called damaged because it cannot be read.
func TestClean_brokenSource(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, s := range samples(t) {
		broken := readerAt(func([]byte, int64) (int, error) { return 0, iotest.ErrTimeout })
		if _, err := Clean(t.Context(), io.Discard, broken, 1000, s.format); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Clean(done, io.Discard, bytes.NewReader(s.file), int64(len(s.file)), s.format); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		full := writer(func([]byte) (int, error) { return 0, io.ErrShortWrite })
		if _, err := Clean(t.Context(), full, bytes.NewReader(s.file), int64(len(s.file)), s.format); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a source of any length: a start, then one part again and again, then an end.
func endless(start, part, end []byte, times int64) (io.ReaderAt, int64) {
	size := int64(len(start)) + times*int64(len(part)) + int64(len(end))
	return readerAt(func(p []byte, at int64) (int, error) {
		n := 0
		for n < len(p) && at < size {
			var rest []byte
			if middle := at - int64(len(start)); middle < 0 {
				rest = start[at:]
			} else if middle < times*int64(len(part)) {
				rest = part[middle%int64(len(part)):]
			} else {
				rest = end[middle-times*int64(len(part)):]
			}
			copied := copy(p[n:], rest)
			n, at = n+copied, at+int64(copied)
		}
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}), size
}

// allocated returns how many bytes a function allocates, and frees or not.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestClean_boundedMemory cleans pictures of 8 MB, and sees how much that allocates.
func TestClean_boundedMemory(t *testing.T) {
	const large = 8 << 20
	jpg, png1, movie := photograph(t, photo(8, 8), upright), pngOf(t, photo(8, 8)), movingGIF(t, 20, 10, 1)
	block := append([]byte{200}, make([]byte, 200)...)
	comment := append(append([]byte("\x21\xfe"), block...), 0)
	text := pngChunk("zTXt", make([]byte, 1<<20))
	note := segment(0xfe, string(make([]byte, 60000)))
	for name, s := range map[string]struct {
		format           Format
		start, part, end []byte
	}{
		"jpeg of comments": {JPEG, jpg[:2], note, jpg[2:]},
		"jpeg of pixels":   {JPEG, jpegOf(t, photo(8, 8))[:600], make([]byte, 1<<10), []byte{0xff, markEOI}},
		"jpeg of nothing":  {JPEG, jpg[:2], []byte{0xff}, jpg[2:]},
		"png of texts":     {PNG, png1[:lenPNGHeader], text, png1[lenPNGHeader:]},
		"gif of comments":  {GIF, movie[:bytes.IndexByte(movie, gifExtension)], comment, movie[bytes.IndexByte(movie, gifExtension):]},
		"gif of one block": {GIF, append(movie[:bytes.IndexByte(movie, gifExtension):bytes.IndexByte(movie, gifExtension)], "\x21\xff"...), block, append([]byte{0}, movie[bytes.IndexByte(movie, gifExtension):]...)},
	} {
		src, size := endless(s.start, s.part, s.end, large/int64(len(s.part)))
		got := allocated(func() {
			if _, err := Clean(t.Context(), io.Discard, src, size, s.format); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if got > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, got)
		}
	}
}

func TestOrientationIn(t *testing.T) {
	for o := range Orientation(12) {
		want := o
		if o < 1 || o > 8 {
			want = upright
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := []byte(tiff(order, o))
			if got := orientationIn(exif); got != want {
				t.Errorf("%d: %d", o, got)
			}
			if got := orientationIn(append(bytes.Clone(exifPrefix), exif...)); got != want {
				t.Errorf("%d with a prefix: %d", o, got)
			}
		}
		if o.turns() && orientationIn(o.exif()) != o {
			t.Errorf("%d is written as %d", o, orientationIn(o.exif()))
		}
	}
	if got := orientationIn([]byte("MM\x00*\xff\xff\xff\xff")); got != upright {
		t.Errorf("%d out of nothing", got)
	}
}
