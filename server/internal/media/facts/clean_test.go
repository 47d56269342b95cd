package facts

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

const secret = "SECRET+59.3293+018.0686/"

// personal returns an MP4 file that says where and when it was made.
func personal() []byte {
	place := atom("udta", atom("\xa9xyz", []byte(secret)))
	inside := trak(1, "vide", "avc1", 640, 480, false)
	binary.BigEndian.PutUint32(inside[8+8+4:], 0xe3b0c442) // when the track was made
	return append(film("qt  ", 600, inside, place, atom("meta", []byte(secret))), atom("uuid", []byte(secret))...)
}

// still returns a HEIC file with EXIF in the file, XMP in a box and a video behind.
func still(tb testing.TB) []byte {
	tb.Helper()
	entry := func(id uint16, kind string) []byte {
		return atom("infe", words(2<<24), binary.BigEndian.AppendUint16(nil, id), []byte("\x00\x00"+kind+"\x00"))
	}
	place := func(id, method uint16, at, length uint32) []byte {
		b := binary.BigEndian.AppendUint16(nil, id)
		b = binary.BigEndian.AppendUint16(b, method)
		return append(append(b, 0, 0, 0, 1), words(at, length)...)
	}
	build := func(mdat uint32) []byte {
		return bytes.Join([][]byte{
			atom("ftyp", []byte("heic"), words(0)),
			atom("meta", words(0),
				atom("iinf", words(0), []byte{0, 3}, entry(1, "hvc1"), entry(2, "Exif"), entry(3, "mime")),
				atom("iloc", words(1<<24), []byte{0x44, 0, 0, 3},
					place(1, 0, mdat, 6), place(2, 0, mdat+6, uint32(len(secret))), place(3, 1, 0, uint32(len(secret)))),
				atom("idat", []byte(secret)),
				atom("iprp", atom("ipco", atom("ispe", words(0, 40, 30)))),
			),
			atom("mdat", []byte("pixels"), []byte(secret), []byte("more")),
			atom("mpvd", []byte(secret)),
		}, nil)
	}
	at := bytes.Index(build(0), []byte("pixels"))
	return build(uint32(at))
}

func boxed(tb testing.TB) map[string][]byte {
	tb.Helper()
	return map[string][]byte{"video/mp4": personal(), "image/heic": still(tb)}
}

func cleaned(tb testing.TB, file []byte, mediaType string) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := Clean(tb.Context(), &b, bytes.NewReader(file), int64(len(file)), mediaType); err != nil {
		tb.Fatalf("%s: %v", mediaType, err)
	}
	return b.Bytes()
}

// TestClean shows that nothing personal stays, and that all else is where it was.
func TestClean(t *testing.T) {
	for mediaType, file := range boxed(t) {
		clean := cleaned(t, file, mediaType)
		if bytes.Contains(clean, []byte(secret)) || bytes.Contains(clean, []byte{0xe3, 0xb0, 0xc4, 0x42}) {
			t.Errorf("%s: it is still there", mediaType)
		}
		if len(clean) != len(file) {
			t.Errorf("%s: %d bytes, there were %d", mediaType, len(clean), len(file))
		}
		if !bytes.Equal(cleaned(t, clean, mediaType), clean) {
			t.Errorf("%s: a second cleaning has changed something", mediaType)
		}
		before, err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), mediaType)
		if err != nil || before.Width == 0 {
			t.Fatalf("%+v, %v", before, err)
		}
		if after, err := Read(t.Context(), bytes.NewReader(clean), int64(len(clean)), mediaType); err != nil || after != before {
			t.Errorf("%s: %+v, %v, was %+v", mediaType, after, err, before)
		}
	}
	clean := cleaned(t, still(t), "image/heic")
	if !bytes.Contains(clean, []byte("pixels")) || !bytes.Contains(clean, []byte("more")) {
		t.Error("the pixels are gone")
	}
}

// TestClean_brokenOff cuts the files everywhere. Each copy is clean, or reported as damaged.
func TestClean_brokenOff(t *testing.T) {
	for mediaType, file := range boxed(t) {
		for n := range file {
			var b bytes.Buffer
			err := Clean(t.Context(), &b, bytes.NewReader(file[:n]), int64(n), mediaType)
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s, %d bytes of it: %v", mediaType, n, err)
			}
			if err == nil && (bytes.Contains(b.Bytes(), []byte(secret)) || b.Len() != n) {
				t.Fatalf("%s, %d bytes of it: %d bytes", mediaType, n, b.Len())
			}
		}
	}
}

func TestClean_brokenSource(t *testing.T) {
	file := personal()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	broken := readerAt(func([]byte, int64) (int, error) { return 0, iotest.ErrTimeout })
	if err := Clean(t.Context(), io.Discard, broken, 1000, "video/mp4"); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("%v", err)
	}
	if err := Clean(done, io.Discard, bytes.NewReader(file), int64(len(file)), "video/mp4"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzClean(f *testing.F) {
	for mediaType, file := range boxed(f) {
		f.Add(file, mediaType == "video/mp4")
	}
	f.Add(heic(1), false)
	f.Add(fragments(), true)
	f.Fuzz(func(t *testing.T, file []byte, video bool) {
		mediaType := map[bool]string{true: "video/mp4", false: "image/avif"}[video]
		var once, twice bytes.Buffer
		if err := Clean(t.Context(), &once, bytes.NewReader(file), int64(len(file)), mediaType); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if once.Len() != len(file) {
			t.Errorf("%d bytes, there were %d", once.Len(), len(file))
		}
		// An item may be made to lie on the list of items. Then the copy is damaged, and no more.
		err := Clean(t.Context(), &twice, bytes.NewReader(once.Bytes()), int64(once.Len()), mediaType)
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Error(err)
		}
	})
}
