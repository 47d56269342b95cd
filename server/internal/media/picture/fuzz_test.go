package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"testing"
	"time"
)

// formats is in an order that the corpus relies on.
var formats = []Format{JPEG, PNG, GIF, WebP}

func addSamples(f *testing.F) {
	f.Helper()
	for _, s := range samples(f) {
		for i, format := range formats {
			if format == s.format {
				f.Add(s.file, byte(i))
				f.Add(s.file[:len(s.file)/2], byte(i))
			}
		}
	}
	f.Add(lossyRed, byte(3))
}

// FuzzClean shows that a clean copy is the copy of itself, and no longer than a picture with the
// little that is added to it.
func FuzzClean(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, file []byte, which byte) {
		format := formats[int(which)%len(formats)]
		var once, twice bytes.Buffer
		info, err := Clean(t.Context(), &once, bytes.NewReader(file), int64(len(file)), format)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		const added = 64 // an orientation, an end
		if once.Len() > len(file)+added {
			t.Errorf("%d bytes, there were %d", once.Len(), len(file))
		}
		again, err := Clean(t.Context(), &twice, bytes.NewReader(once.Bytes()), int64(once.Len()), format)
		if err != nil {
			t.Fatalf("the clean copy: %v", err)
		}
		if !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Error("a second cleaning has changed something")
		}
		if info.Width != again.Width || info.Height != again.Height || info.Orientation != again.Orientation || info.Frames != again.Frames {
			t.Errorf("%+v, and of the clean copy %+v", info, again)
		}
	})
}

// FuzzMake shows that whatever can be cleaned is decoded within its limits, or refused.
func FuzzMake(f *testing.F) {
	addSamples(f)
	m := NewMaker(Limits{Pixels: 1 << 18, Memory: 1 << 21, Time: 5 * time.Second})
	f.Fuzz(func(t *testing.T, file []byte, which byte) {
		var clean bytes.Buffer
		info, err := Clean(t.Context(), &clean, bytes.NewReader(file), int64(len(file)), formats[int(which)%len(formats)])
		if err != nil {
			return
		}
		p, err := m.Make(t.Context(), bytes.NewReader(file), int64(len(file)), info)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if p.Blurhash == "" {
			t.Error("no blurhash")
		}
		for _, thumb := range p.Thumbnails {
			_, thumbInfo := cleaned(t, thumb.Data, Format(thumb.Type))
			if thumbInfo.Width != thumb.Width || thumbInfo.Height != thumb.Height {
				t.Errorf("%d × %d, said to be %d × %d", thumbInfo.Width, thumbInfo.Height, thumb.Width, thumb.Height)
			}
		}
	})
}

func FuzzOrientation(f *testing.F) {
	for o := range Orientation(9) {
		f.Add(o.exif())
	}
	f.Add([]byte(tiff(binary.LittleEndian, turned180)))
	f.Fuzz(func(t *testing.T, exif []byte) {
		o := orientationIn(exif)
		if o < upright || o > turned270 {
			t.Fatalf("%d", o)
		}
		size := image.Pt(5, 3)
		seen := map[image.Point]bool{}
		w, h := o.size(size.X, size.Y)
		for y := range h {
			for x := range w {
				fx, fy := o.from(x, y, size.X, size.Y)
				seen[image.Pt(fx, fy)] = image.Pt(fx, fy).In(image.Rectangle{Max: size})
			}
		}
		if len(seen) != size.X*size.Y {
			t.Errorf("%d shows %d pixels of %d", o, len(seen), size.X*size.Y)
		}
	})
}
