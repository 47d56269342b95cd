package facts

import (
	"bytes"
	"encoding/binary"
)

const (
	lenOggPage = 27
	maxOggPage = 65307
	opusRate   = 48000
)

// readOgg reads the header of the sound, and the time at which the last page ends.
func readOgg(f *file) (Facts, error) {
	first, err := f.upTo(0, 512)
	if err != nil {
		return Facts{}, err
	}
	if len(first) < lenOggPage+1 || !bytes.HasPrefix(first, []byte("OggS")) || len(first) < lenOggPage+int(first[26]) {
		return Facts{}, ErrDamaged
	}
	facts, rate, skip := oggHeader(first[lenOggPage+int(first[26]):])
	if rate == 0 {
		return facts, nil
	}
	tail, err := f.read(max(0, f.size-maxOggPage-lenOggPage), min(f.size, maxOggPage+lenOggPage))
	if err != nil {
		return facts, err
	}
	facts.Duration = seconds(float64(lastGranule(tail, first[14:18]))-skip, rate)
	return facts, nil
}

// oggHeader returns how many samples a second there are, and how many at the start are not heard.
func oggHeader(b []byte) (facts Facts, rate, skip float64) {
	switch {
	case bytes.HasPrefix(b, []byte("OpusHead")) && len(b) >= 12:
		return Facts{Audio: true, AudioCodec: "opus"}, opusRate, float64(binary.LittleEndian.Uint16(b[10:]))
	case bytes.HasPrefix(b, []byte("\x01vorbis")) && len(b) >= 16:
		return Facts{Audio: true, AudioCodec: "vorbis"}, float64(binary.LittleEndian.Uint32(b[12:])), 0
	case bytes.HasPrefix(b, []byte("\x80theora")):
		return Facts{Video: true, VideoCodec: "theora"}, 0, 0
	default:
		return Facts{}, 0, 0
	}
}

// lastGranule returns how many samples there are up to the end of the last page of a stream.
func lastGranule(tail, serial []byte) int64 {
	for {
		at := bytes.LastIndex(tail, []byte("OggS"))
		if at < 0 {
			return 0
		}
		page := tail[at:]
		if len(page) >= lenOggPage && bytes.Equal(page[14:18], serial) {
			if granule := int64(binary.LittleEndian.Uint64(page[6:])); granule > 0 {
				return granule
			}
		}
		tail = tail[:at]
	}
}
