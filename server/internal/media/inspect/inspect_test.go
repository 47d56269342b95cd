package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/picture"
)

func photo(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i>>7 | 3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withPlace adds EXIF that turns the picture and says where it was taken.
func withPlace(file []byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00PLACE"
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return bytes.Join([][]byte{file[:2], segment, []byte(exif), file[2:]}, nil)
}

// wave returns a WAV file of one second.
func wave() []byte {
	return append([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x80\x3e\x00\x00"),
		make([]byte, 16000)...)
}

func inspect(t *testing.T, file []byte) (Result, []byte) {
	t.Helper()
	var copied bytes.Buffer
	r, err := New(picture.Limits{Pixels: 1 << 17}).Inspect(t.Context(), bytes.NewReader(file), int64(len(file)), &copied)
	if err != nil {
		t.Fatal(err)
	}
	return r, copied.Bytes()
}

func TestInspect_picture(t *testing.T) {
	r, clean := inspect(t, withPlace(photo(t, 400, 300)))
	if !r.Cleaned || !r.Kind.Inline() || r.Width != 300 || r.Height != 400 || r.Blurhash == "" || len(r.Thumbnails) != 1 || r.Animated {
		t.Errorf("%+v", r)
	}
	if bytes.Contains(clean, []byte("PLACE")) {
		t.Error("the copy says where it was taken")
	}
	if _, err := jpeg.Decode(bytes.NewReader(clean)); err != nil {
		t.Error(err)
	}
}

// TestInspect_notRefused shows what becomes of files that are not all well.
func TestInspect_notRefused(t *testing.T) {
	file := withPlace(photo(t, 400, 300))
	for name, c := range map[string]struct {
		file    []byte
		class   kind.Class
		cleaned bool
		width   int
	}{
		"cut in its header": {file[:40], kind.File, false, 0},
		"cut in its pixels": {file[:len(file)/2], kind.Image, true, 300},
		"too large":         {photo(t, 600, 400), kind.Image, true, 600},
		"nothing":           {nil, kind.File, false, 0},
		"a page":            {[]byte("<html><script>alert(1)</script>"), kind.File, false, 0},
		"avif":              {[]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miaf\x00\x00\x00\x00"), kind.Image, true, 0},
		"broken video":      {[]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x04moov"), kind.File, false, 0},
		"broken sound":      {wave()[:30], kind.Audio, false, 0},
	} {
		r, _ := inspect(t, c.file)
		if r.Kind.Class != c.class || r.Cleaned != c.cleaned || r.Width != c.width {
			t.Errorf("%s: %+v", name, r)
		}
		if r.Blurhash != "" || len(r.Thumbnails) > 0 {
			t.Errorf("%s has a preview", name)
		}
	}
}

func TestInspect_sound(t *testing.T) {
	r, copied := inspect(t, wave())
	if r.Kind.Class != kind.Audio || r.Duration != time.Second || len(r.Waveform) == 0 || r.Cleaned || len(copied) > 0 {
		t.Errorf("%+v", r)
	}
}

// TestInspect_errors shows that an error that is not the file's fault is not taken for a fact about
// it.
func TestInspect_errors(t *testing.T) {
	i := New(picture.Limits{})
	file := photo(t, 400, 300)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		src    io.ReaderAt
		copied io.Writer
		want   error
	}{
		"source":  {t.Context(), broken{}, io.Discard, iotest.ErrTimeout},
		"copy":    {t.Context(), bytes.NewReader(file), broken{}, iotest.ErrTimeout},
		"context": {done, bytes.NewReader(file), io.Discard, context.Canceled},
		"short":   {t.Context(), strings.NewReader("x"), io.Discard, io.ErrUnexpectedEOF},
	} {
		if r, err := i.Inspect(c.ctx, c.src, int64(len(file)), c.copied); !errors.Is(err, c.want) || r.Cleaned {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// broken fails to read and to write.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }
func (broken) Write([]byte) (int, error)         { return 0, iotest.ErrTimeout }
