package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
)

const (
	quality = 82
	// lenPNGHeader is the length of the signature and the header, which come before all else.
	lenPNGHeader = len(pngSignature) + 8 + lenIHDR + 4
)

// encode returns a thumbnail. It is a PNG file if something in it is transparent: no pure Go
// encoder makes lossy WebP files, and lossless ones are hardly smaller. It has the colour
// profile of the picture, or its colours would be paler.
func encode(m *image.RGBA, profile []byte, pace func() error) (Thumbnail, error) {
	t := Thumbnail{Width: m.Rect.Dx(), Height: m.Rect.Dy(), Type: string(JPEG)}
	var b bytes.Buffer
	if !fitsRGB(profile) {
		profile = nil
	}
	if m.Opaque() {
		err := jpeg.Encode(paced(&b, pace), m, &jpeg.Options{Quality: quality})
		t.Data = withSegment(b.Bytes(), profile)
		return t, err
	}
	t.Type = string(PNG)
	err := png.Encode(paced(&b, pace), m)
	t.Data = withChunk(b.Bytes(), profile)
	return t, err
}

// fitsRGB reports whether a colour profile is whole, and for pictures of red, green and blue.
// One of a picture made for printing is not.
func fitsRGB(profile []byte) bool {
	return len(profile) > 128 && binary.BigEndian.Uint32(profile) == uint32(len(profile)) && string(profile[16:20]) == "RGB "
}

// withSegment returns a JPEG file with a colour profile.
func withSegment(file, profile []byte) []byte {
	if profile == nil || len(file) < 2 {
		return file
	}
	segment := []byte{0xff, markAPP2}
	segment = binary.BigEndian.AppendUint16(segment, uint16(2+len(iccPrefix)+2+len(profile)))
	segment = append(append(segment, iccPrefix...), 1, 1) // part 1 of 1
	return insert(file, 2, append(segment, profile...))
}

// withChunk returns a PNG file with a colour profile.
func withChunk(file, profile []byte) []byte {
	if profile == nil || len(file) < lenPNGHeader {
		return file
	}
	var body bytes.Buffer
	body.WriteString("profile\x00\x00")
	z := zlib.NewWriter(&body)
	_, _ = z.Write(profile) // a buffer takes everything
	_ = z.Close()
	return insert(file, lenPNGHeader, pngChunk("iCCP", body.Bytes()))
}

func insert(file []byte, at int, part []byte) []byte {
	return append(append(file[:at:at], part...), file[at:]...)
}
