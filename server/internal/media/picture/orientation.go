package picture

import (
	"bytes"
	"encoding/binary"
)

// Orientation says how a picture is turned before it is shown, as EXIF numbers it: 1 is as it
// is, 2 to 8 are the mirrorings and turns. 0 is the same as 1.
type Orientation uint8

const (
	upright    Orientation = 1
	mirrored   Orientation = 2
	turned180  Orientation = 3
	flipped    Orientation = 4
	transposed Orientation = 5
	turned90   Orientation = 6 // clockwise
	transverse Orientation = 7
	turned270  Orientation = 8
)

// turns reports whether the picture is not shown as it is stored.
func (o Orientation) turns() bool { return o > upright && o <= turned270 }

// size returns the size of a turned picture.
func (o Orientation) size(width, height int) (int, int) {
	if o >= transposed && o <= turned270 {
		return height, width
	}
	return width, height
}

// from returns which pixel of a stored picture of the given size is shown at (x, y).
func (o Orientation) from(x, y, width, height int) (int, int) {
	switch o {
	case mirrored:
		return width - 1 - x, y
	case turned180:
		return width - 1 - x, height - 1 - y
	case flipped:
		return x, height - 1 - y
	case transposed:
		return y, x
	case turned90:
		return y, height - 1 - x
	case transverse:
		return width - 1 - y, height - 1 - x
	case turned270:
		return width - 1 - y, x
	default:
		return x, y
	}
}

const (
	tagOrientation = 0x0112
	typeShort      = 3
	entrySize      = 12
)

// exifPrefix precedes EXIF in JPEG, and in WebP files of some programs.
var exifPrefix = []byte("Exif\x00\x00")

// orientationIn finds the orientation in EXIF. It returns upright if there is none, or if EXIF
// is damaged.
func orientationIn(exif []byte) Orientation {
	exif = bytes.TrimPrefix(exif, exifPrefix)
	order, ok := byteOrder(exif)
	if !ok {
		return upright
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return upright
	}
	count := int(order.Uint16(exif[at:]))
	entries := exif[at+2:]
	for ; count > 0 && len(entries) >= entrySize; count, entries = count-1, entries[entrySize:] {
		if order.Uint16(entries) != tagOrientation {
			continue
		}
		o := order.Uint16(entries[8:])
		if order.Uint16(entries[2:]) == typeShort && Orientation(o).turns() && o <= uint16(turned270) {
			return Orientation(o)
		}
		break
	}
	return upright
}

// byteOrder returns the byte order that the header of EXIF names.
func byteOrder(exif []byte) (binary.ByteOrder, bool) {
	switch {
	case len(exif) < 8:
		return nil, false
	case bytes.HasPrefix(exif, []byte("II*\x00")):
		return binary.LittleEndian, true
	case bytes.HasPrefix(exif, []byte("MM\x00*")):
		return binary.BigEndian, true
	default:
		return nil, false
	}
}

// exif returns EXIF that holds the orientation and nothing else.
func (o Orientation) exif() []byte {
	e := []byte("MM\x00*\x00\x00\x00\x08")
	e = binary.BigEndian.AppendUint16(e, 1) // entries
	e = binary.BigEndian.AppendUint16(e, tagOrientation)
	e = binary.BigEndian.AppendUint16(e, typeShort)
	e = binary.BigEndian.AppendUint32(e, 1)    // values
	e = append(e, 0, byte(o), 0, 0)            // the value, at the left of its field
	return binary.BigEndian.AppendUint32(e, 0) // no further directory
}
