package facts

import (
	"encoding/binary"
	"math"
	"time"
)

// The elements of WebM and Matroska that are looked at.
const (
	ebmlSegment   = 0x18538067
	ebmlInfo      = 0x1549a966
	ebmlScale     = 0x2ad7b1
	ebmlDuration  = 0x4489
	ebmlTracks    = 0x1654ae6b
	ebmlTrack     = 0xae
	ebmlTrackType = 0x83
	ebmlCodec     = 0x86
	ebmlVideo     = 0xe0
	ebmlWidth     = 0xb0
	ebmlHeight    = 0xba
	ebmlCluster   = 0x1f43b675
	ebmlTime      = 0xe7
	ebmlBlock     = 0xa1
	ebmlGroup     = 0xa0
	ebmlSimple    = 0xa3
)

// recording collects the facts in the elements of a WebM file.
type recording struct {
	*file
	facts   Facts
	scale   uint64  // nanoseconds a tick
	ticks   float64 // the duration, if it is given
	kind    uint64  // of the current track: 1 is video, 2 is sound
	codec   string
	cluster uint64 // the time at which the current cluster begins
	end     uint64 // the time of the latest block
}

func readWebM(f *file) (Facts, error) {
	r := recording{file: f, scale: uint64(time.Millisecond)}
	err := r.walk()
	ticks := r.ticks
	if ticks <= 0 {
		ticks = float64(r.end)
	}
	r.facts.Duration = seconds(ticks*float64(r.scale), float64(time.Second))
	return r.facts, err
}

// walk reads elements one after the other. Where one holds others, it goes on with the first of
// these: programs that record do not know how long such an element will be.
func (r *recording) walk() error {
	for at := int64(0); at < r.size; {
		head, err := r.upTo(at, 12)
		if err != nil {
			return err
		}
		id, n, ok := vint(head, true)
		if !ok {
			return ErrDamaged
		}
		length, m, ok := vint(head[n:], false)
		if !ok {
			return ErrDamaged
		}
		at += int64(n + m)
		switch id {
		case ebmlSegment, ebmlInfo, ebmlTracks, ebmlVideo, ebmlGroup:
			continue
		case ebmlTrack:
			r.kind, r.codec = 0, ""
			continue
		case ebmlCluster:
			if r.ticks > 0 {
				return errStop
			}
			continue
		}
		if err := r.element(id, at, int64(min(length, 1<<62))); err != nil {
			return err
		}
		if length > uint64(r.size-at) {
			return nil
		}
		at += int64(length)
	}
	return nil
}

// element reads an element that holds no others.
func (r *recording) element(id uint64, at, length int64) error {
	switch id {
	case ebmlScale, ebmlDuration, ebmlTrackType, ebmlCodec, ebmlWidth, ebmlHeight, ebmlTime, ebmlBlock, ebmlSimple:
	default:
		return nil
	}
	b, err := r.upTo(at, min(length, 32))
	if err != nil {
		return err
	}
	switch id {
	case ebmlScale:
		r.scale = uintOf(b)
	case ebmlDuration:
		r.ticks = floatOf(b)
	case ebmlTrackType:
		r.kind = uintOf(b)
		r.facts.Video, r.facts.Audio = r.facts.Video || r.kind == 1, r.facts.Audio || r.kind == 2
		r.name()
	case ebmlCodec:
		r.codec = printable(b)
		r.name()
	case ebmlWidth:
		r.facts.Width = int(min(uintOf(b), maxSide+1))
	case ebmlHeight:
		r.facts.Height = int(min(uintOf(b), maxSide+1))
	case ebmlTime:
		r.cluster = uintOf(b)
	case ebmlBlock, ebmlSimple:
		if _, n, ok := vint(b, false); ok && len(b) >= n+2 {
			r.end = max(r.end, r.cluster+uint64(max(0, int16(binary.BigEndian.Uint16(b[n:])))))
		}
	}
	return nil
}

// name remembers the codec of the current track. Type and codec come in any order.
func (r *recording) name() {
	switch r.kind {
	case 1:
		r.facts.VideoCodec = r.codec
	case 2:
		r.facts.AudioCodec = r.codec
	}
}

// vint reads a number of variable length, with the bit that marks its length or without. A
// length that is not known is read as a very large one.
func vint(b []byte, marked bool) (value uint64, n int, ok bool) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, false
	}
	for n = 1; b[0]>>(8-n) == 0; n++ {
	}
	if len(b) < n {
		return 0, 0, false
	}
	value = uint64(b[0])
	if !marked {
		value &= 1<<(8-n) - 1
	}
	for _, c := range b[1:n] {
		value = value<<8 | uint64(c)
	}
	if !marked && value == 1<<(7*n)-1 {
		value = math.MaxUint64
	}
	return value, n, true
}

func uintOf(b []byte) uint64 {
	var v uint64
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

func floatOf(b []byte) float64 {
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	default:
		return 0
	}
}

// printable returns a name, or nothing if it is not one.
func printable(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return string(b)
}
