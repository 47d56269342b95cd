package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The markers of JPEG that are treated in some way of their own.
const (
	markSOF0  = 0xc0 // SOF1 to SOF15 follow, except for the three below
	markSOF2  = 0xc2 // progressive
	markDHT   = 0xc4
	markJPG   = 0xc8
	markDAC   = 0xcc
	markRST0  = 0xd0
	markSOI   = 0xd8
	markEOI   = 0xd9
	markSOS   = 0xda
	markDQT   = 0xdb
	markDNL   = 0xdc
	markDRI   = 0xdd
	markAPP0  = 0xe0
	markAPP1  = 0xe1
	markAPP2  = 0xe2
	markAPP14 = 0xee
	markTEM   = 0x01
)

const (
	lenJFIF  = 14 // without the thumbnail that may follow
	lenAdobe = 12
)

// iccPrefix begins a segment with a part of the colour profile. The part's number and the
// number of parts follow.
var iccPrefix = []byte("ICC_PROFILE\x00")

// jpegCleaner copies a JPEG file segment by segment.
type jpegCleaner struct {
	in     *bufio.Reader
	out    *bufio.Writer
	info   Info
	next   byte // a marker that has been read ahead, or 0
	scans  int
	exif   bool  // there has been EXIF: only the first counts
	parts  int   // of the colour profile, so far
	rgb    bool  // it is not YCbCr, so it is converted after decoding
	frame  int64 // bytes of its decoded samples
	buffer []byte
}

func cleanJPEG(out *bufio.Writer, in *bufio.Reader) (Info, error) {
	c := jpegCleaner{in: in, out: out, info: Info{Orientation: upright}, buffer: make([]byte, 1<<16)}
	if err := c.run(); err != nil {
		return Info{}, err
	}
	if c.scans == 0 {
		return Info{}, damaged("it has no pixels")
	}
	c.info.Frames = 1
	c.info.memory = c.frame
	if c.rgb {
		c.info.memory += 4 * int64(c.info.Width) * int64(c.info.Height)
	}
	return c.info, nil
}

// run copies everything up to the end marker. Bytes behind the marker are left out: the video of a
// moving photograph, a map of brightness, or an archive. If a file ends in its pixels, the marker
// is added: browsers show such a file too.
func (c *jpegCleaner) run() error {
	if _, err := io.ReadFull(c.in, c.buffer[:2]); err != nil {
		return short(err)
	}
	if c.buffer[0] != 0xff || c.buffer[1] != markSOI {
		return damaged("it does not start as a JPEG file")
	}
	c.put(markSOI)
	for {
		marker, err := c.marker()
		switch {
		case errors.Is(err, io.EOF) && c.scans > 0, err == nil && marker == markEOI:
			c.put(markEOI)
			return nil
		case err != nil:
			return short(err)
		case marker == markTEM || marker >= markRST0 && marker <= markSOI: // it has no segment, and no place here
			continue
		}
		if err := c.segment(marker); err != nil {
			return err
		}
	}
}

// marker returns the next marker. It leaves out bytes that are not part of a segment.
func (c *jpegCleaner) marker() (byte, error) {
	if m := c.next; m != 0 {
		c.next = 0
		return m, nil
	}
	previous := byte(0)
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if previous == 0xff && b != 0xff && b != 0 {
			return b, nil
		}
		previous = b
	}
}

// segment reads the segment of a marker, and copies the part of it that is kept.
func (c *jpegCleaner) segment(marker byte) error {
	if _, err := io.ReadFull(c.in, c.buffer[:2]); err != nil {
		return short(err)
	}
	n := int(binary.BigEndian.Uint16(c.buffer)) - 2
	if n < 0 {
		return damaged("a segment has no length")
	}
	payload := c.buffer[:n]
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return short(err)
	}
	kept, err := c.keep(marker, payload)
	if err != nil || kept == nil {
		return err
	}
	c.put(marker)
	c.write(binary.BigEndian.AppendUint16(nil, uint16(len(kept)+2)))
	c.write(kept)
	if marker == markSOS {
		return c.scan()
	}
	return nil
}

// keep returns the part of a segment that is kept, or nil. An application's segments are dropped
// unless they are needed to show the colours, or the picture upright.
func (c *jpegCleaner) keep(marker byte, payload []byte) ([]byte, error) {
	switch marker {
	case markDHT, markDQT, markDRI, markDAC, markDNL:
		return payload, nil
	case markSOS:
		if c.info.Width == 0 {
			return nil, damaged("pixels come before their size")
		}
		return payload, nil
	case markAPP0:
		if bytes.HasPrefix(payload, []byte("JFIF\x00")) && len(payload) >= lenJFIF {
			payload[12], payload[13] = 0, 0 // the size of a thumbnail
			return payload[:lenJFIF], nil
		}
	case markAPP1:
		return c.keepOrientation(payload), nil
	case markAPP2:
		if bytes.HasPrefix(payload, iccPrefix) && len(payload) > len(iccPrefix)+2 {
			c.addProfile(payload[len(iccPrefix):])
			return payload, nil
		}
	case markAPP14:
		if bytes.HasPrefix(payload, []byte("Adobe")) && len(payload) >= lenAdobe {
			c.rgb = c.rgb || payload[lenAdobe-1] == 0
			return payload[:lenAdobe], nil
		}
	default:
		if marker >= markSOF0 && marker < markRST0 && marker != markJPG {
			return payload, c.frameHeader(marker, payload)
		}
	}
	return nil, nil
}

// keepOrientation returns EXIF with the orientation alone, if there is EXIF that turns the
// picture.
func (c *jpegCleaner) keepOrientation(payload []byte) []byte {
	if c.exif || !bytes.HasPrefix(payload, exifPrefix) {
		return nil
	}
	c.exif = true
	c.info.Orientation = orientationIn(payload)
	if !c.info.Orientation.turns() {
		return nil
	}
	return append(bytes.Clone(exifPrefix), c.info.Orientation.exif()...)
}

// addProfile remembers a part of the colour profile, if the parts come in order.
func (c *jpegCleaner) addProfile(part []byte) {
	c.parts++
	if int(part[0]) != c.parts || len(c.info.profile)+len(part) > maxProfile {
		c.info.profile, c.parts = nil, 1<<8 // no part has this number
		return
	}
	c.info.profile = append(c.info.profile, part[2:]...)
}

// frameHeader reads the size of the picture, and how much memory its samples take. A
// progressive picture is decoded into coefficients first, which are four times as large.
func (c *jpegCleaner) frameHeader(marker byte, payload []byte) error {
	if c.info.Width != 0 {
		return damaged("it has two sizes")
	}
	if len(payload) < 6 || len(payload) < 6+3*int(payload[5]) {
		return damaged("its header is cut short")
	}
	c.info.Height = int(binary.BigEndian.Uint16(payload[1:]))
	c.info.Width = int(binary.BigEndian.Uint16(payload[3:]))
	samples, across, down := 0, 1, 1
	for _, component := range each3(payload[6:], int(payload[5])) {
		h, v := int(component[1]>>4), int(component[1]&15)
		samples, across, down = samples+h*v, max(across, h), max(down, v)
	}
	c.frame = int64(c.info.Width) * int64(c.info.Height) * int64(samples) / int64(across*down)
	if marker == markSOF2 {
		c.frame *= 5
	}
	c.rgb = c.rgb || payload[5] == 4
	return nil
}

// each3 returns the first n groups of three bytes.
func each3(b []byte, n int) [][]byte {
	var groups [][]byte
	for i := range n {
		groups = append(groups, b[3*i:3*i+3])
	}
	return groups
}

// scan copies compressed pixels up to the next marker.
func (c *jpegCleaner) scan() error {
	c.scans++
	for {
		data, err := c.in.ReadSlice(0xff)
		if err == nil {
			data = data[:len(data)-1]
		}
		c.write(data)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		b := byte(0xff)
		for b == 0xff {
			if b, err = c.in.ReadByte(); err != nil {
				return ignoreEOF(err)
			}
		}
		if b != 0 && (b < markRST0 || b >= markSOI) {
			c.next = b
			return nil
		}
		c.put(b)
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// put writes a marker. A writer's error shows when it is flushed.
func (c *jpegCleaner) put(marker byte) { c.write([]byte{0xff, marker}) }

func (c *jpegCleaner) write(b []byte) { _, _ = c.out.Write(b) }
