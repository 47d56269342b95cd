package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// secret is in all that must not survive.
const secret = "SECRET-PLACE-59.3293N"

// corners returns a picture whose corners are red, green, blue and white, clockwise from the
// upper left one.
func corners(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	colours := [2][2]color.RGBA{{{255, 0, 0, 255}, {0, 255, 0, 255}}, {{255, 255, 255, 255}, {0, 0, 255, 255}}}
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, colours[2*y/height][2*x/width])
		}
	}
	return m
}

// photo returns a picture with some detail everywhere.
func photo(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{byte(x * 255 / width), byte(y * 255 / height), byte(x*y ^ x<<3 ^ y), 255})
		}
	}
	return m
}

func jpegOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment returns a segment of a JPEG file.
func segment(marker byte, parts ...string) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	s := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(s, body...)
}

// tiff returns EXIF as a camera writes it: its name, an orientation, a place and a thumbnail.
func tiff(order binary.AppendByteOrder, o Orientation) string {
	head := "II*\x00"
	if order.String() == "BigEndian" {
		head = "MM\x00*"
	}
	const entries, start = 3, 8
	after := uint32(start + 2 + entries*entrySize + 4)
	b := order.AppendUint32([]byte(head), start)
	b = order.AppendUint16(b, entries)
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
		if kind == typeShort {
			b = append(order.AppendUint16(b, uint16(value)), 0, 0)
		} else {
			b = order.AppendUint32(b, value)
		}
	}
	entry(0x010f, 2, uint32(len(secret)), after) // the maker
	entry(tagOrientation, typeShort, 1, uint32(o))
	entry(0x8825, 4, 1, after) // the place
	b = order.AppendUint32(b, 0)
	return string(b) + secret + "\xff\xd8\xff\xdb" + secret
}

// profileRGB returns a colour profile of which only the header is right.
func profileRGB() string {
	p := make([]byte, 300)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	copy(p[12:], "mntrRGB XYZ ")
	copy(p[200:], "the profile")
	return string(p)
}

// photograph returns a JPEG file as a telephone writes it, with everything that may be in one.
func photograph(tb testing.TB, m image.Image, o Orientation) []byte {
	tb.Helper()
	plain := jpegOf(tb, m)
	extra := bytes.Join([][]byte{
		segment(markAPP0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x02\x02", secret),
		segment(markAPP1, string(exifPrefix), tiff(binary.LittleEndian, o)),
		segment(markAPP1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>", secret),
		segment(markAPP2, string(iccPrefix), "\x01\x01", profileRGB()),
		segment(markAPP2, "MPF\x00", secret),
		segment(markAPP14-1, "Photoshop 3.0\x00", secret),
		segment(0xfe, secret),
		segment(0xef, secret),
		{0xff, 0xff}, // fill
		segment(markAPP14, "Adobe\x00\x64\x00\x00\x00\x00\x01", secret),
		[]byte(secret), // between two segments
	}, nil)
	return append(append(append([]byte{0xff, markSOI}, extra...), plain[2:]...), secret+"the video"...)
}

// chunks returns a PNG file with chunks added after the header and before the end.
func chunks(file []byte, after, before []byte) []byte {
	end := len(file) - 12
	return bytes.Join([][]byte{file[:lenPNGHeader], after, file[lenPNGHeader:end], before, file[end:]}, nil)
}

// moving returns a PNG file that moves: two frames, of which the first is the still picture.
func movingPNG(tb testing.TB, first, second image.Image) []byte {
	tb.Helper()
	size := first.Bounds().Size()
	control := func(n uint32) []byte {
		b := binary.BigEndian.AppendUint32(nil, n)
		b = binary.BigEndian.AppendUint32(b, uint32(size.X))
		b = binary.BigEndian.AppendUint32(b, uint32(size.Y))
		return pngChunk("fcTL", append(b, make([]byte, 14)...))
	}
	second2 := pngOf(tb, second)
	pixels := second2[lenPNGHeader+8 : len(second2)-16] // its only chunk of pixels
	start := append(pngChunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), control(0)...)
	end := append(control(1), pngChunk("fdAT", append([]byte{0, 0, 0, 2}, pixels...))...)
	return chunks(pngOf(tb, first), start, end)
}

// movingGIF returns a GIF file of some frames, with comments and a program's block in it.
func movingGIF(tb testing.TB, width, height, frames int) []byte {
	tb.Helper()
	g := gif.GIF{LoopCount: 3}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, width, height), palette.Plan9)
		for p := range m.Pix {
			m.Pix[p] = byte(p + 50*i)
		}
		g.Image, g.Delay, g.Disposal = append(g.Image, m), append(g.Delay, 10), append(g.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		tb.Fatal(err)
	}
	file := b.Bytes()
	at := bytes.Index(file, []byte{gifExtension})
	extra := "\x21\xfe" + string(rune(len(secret))) + secret + "\x00" + // a comment
		"\x21\xff\x0bXMP DataXMP" + string(rune(len(secret))) + secret + "\x00" +
		"\x21\x01\x0c012345678901" + string(rune(len(secret))) + secret + "\x00" // text
	return bytes.Join([][]byte{file[:at], []byte(extra), file[at:], []byte(secret)}, nil)
}

// bits packs values of some bits each, the lowest bit first.
type bits struct {
	b []byte
	n int
}

func (w *bits) put(value uint32, count int) {
	for i := range count {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(value>>i&1) << (w.n % 8)
		w.n++
	}
}

// lossless returns the content of a chunk VP8L with pixels of one colour.
func lossless(width, height int, c color.NRGBA) []byte {
	w := &bits{}
	w.put(0x2f, 8)
	w.put(uint32(width-1), 14)
	w.put(uint32(height-1), 14)
	w.put(1, 1) // there is transparency
	w.put(0, 3) // version
	w.put(0, 1) // no transform
	w.put(0, 1) // no cache of colours
	w.put(0, 1) // one group of codes
	for _, symbol := range []byte{c.G, c.R, c.B, c.A, 0} {
		w.put(1, 1) // a simple code
		w.put(0, 1) // of one symbol
		w.put(1, 1) // of eight bits
		w.put(uint32(symbol), 8)
	}
	return w.b
}

func riff(chunks ...[]byte) []byte {
	body := bytes.Join(chunks, nil)
	return append(append(webpHeader("RIFF", int64(len(body)+4)), "WEBP"...), body...)
}

func extended(flags byte, width, height int) []byte {
	b := make([]byte, lenVP8X)
	b[0] = flags
	putUint24(b[4:], width-1)
	putUint24(b[7:], height-1)
	return webpChunk("VP8X", b)
}

var magenta = color.NRGBA{255, 0, 255, 255}

// stillWebP returns a WebP file that does not move, with everything that may be in one.
func stillWebP(width, height int, o Orientation) []byte {
	const all = 0x20 | 0x10 | webpEXIF | webpXMP
	return append(riff(
		extended(all, width, height),
		webpChunk("ICCP", []byte(profileRGB())),
		webpChunk("SECR", []byte(secret)),
		webpChunk("VP8L", lossless(width, height, magenta)),
		webpChunk("EXIF", []byte(tiff(binary.BigEndian, o))),
		webpChunk("XMP ", []byte(secret)),
	), secret...)
}

// movingWebP returns a WebP file that moves. Its first frame covers the lower right quarter.
func movingWebP(width, height int) []byte {
	frame := func(x, y, w, h int, c color.NRGBA) []byte {
		b := make([]byte, lenANMF)
		putUint24(b, x/2)
		putUint24(b[3:], y/2)
		putUint24(b[6:], w-1)
		putUint24(b[9:], h-1)
		b[12] = 100
		b = append(b, webpChunk("SECR", []byte(secret))...)
		return webpChunk("ANMF", append(b, webpChunk("VP8L", lossless(w, h, c))...))
	}
	return riff(
		extended(webpAnimation|0x10|webpXMP, width, height),
		webpChunk("ANIM", make([]byte, 6)),
		frame(width/2, height/2, width/2, height/2, magenta),
		frame(0, 0, width, height, color.NRGBA{0, 255, 0, 255}),
		webpChunk("XMP ", []byte(secret)),
	)
}

// lossyRed is a lossy WebP file of 16 × 16 red pixels.
var lossyRed = []byte("\x52\x49\x46\x46\x38\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x20\x2c\x00\x00\x00\x90\x01" +
	"\x00\x9d\x01\x2a\x10\x00\x10\x00\x02\xc0\x4c\x25\xa0\x02\x74\xba\x00\x03\x98\x00\xfe\xee" +
	"\x43\x1f\xee\x6c\x73\x8b\x70\x57\xff\x6d\x0f\xff\x5a\x1f\xfe\xb4\x3f\xe9\x40\x00")
