package facts

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// maxRun is how much of a list of samples is read.
const maxRun = 64 << 10

// movie collects the facts in the boxes of an MP4 or QuickTime file.
type movie struct {
	*file
	facts     Facts
	scale     uint32 // of the durations: ticks a second
	last      box    // the last fragment
	tracks    map[uint32]*track
	track     *track // the one that is being read
	fragments bool
}

// track is a track of a movie.
type track struct {
	kind          string // "vide", "soun"
	codec         string
	scale         uint32
	sample        uint32 // the usual duration of a sample in a fragment
	width, height int
}

func readMP4(f *file) (Facts, error) {
	m := movie{file: f, tracks: map[uint32]*track{}}
	err := f.each(box{at: 0, end: f.size}, m.top)
	if err == nil && m.facts.Duration == 0 && m.fragments {
		err = f.each(m.last, m.fragment)
	}
	return m.facts, err
}

// top looks at a box at the top of the file. The box that describes the movie may come last.
func (m *movie) top(b box) error {
	switch b.name {
	case "moov":
		if err := m.each(b, m.inside); err != nil {
			return err
		}
		for _, t := range m.tracks {
			m.add(t)
		}
		if m.facts.Duration > 0 {
			return errStop
		}
	case "moof":
		m.last, m.fragments = b, true
	}
	return nil
}

// inside looks at a box within the description.
func (m *movie) inside(b box) error {
	switch b.name {
	case "mdia", "minf", "stbl", "mvex":
		return m.each(b, m.inside)
	case "trak":
		m.track = nil
		return m.each(b, m.inside)
	case "mvhd", "mdhd", "mehd":
		return m.duration(b)
	case "tkhd":
		return m.header(b)
	case "trex":
		c, err := m.content(b, 24, 24)
		if err != nil {
			return err
		}
		m.of(binary.BigEndian.Uint32(c[4:])).sample = binary.BigEndian.Uint32(c[12:])
	case "hdlr", "stsd":
		c, err := m.content(b, 16, 16)
		if err != nil || m.track == nil {
			return err
		}
		if b.name == "stsd" {
			m.track.codec = printable(c[12:16])
		} else if kind := printable(c[8:12]); kind == "vide" || kind == "soun" {
			m.track.kind = kind
		}
	}
	return nil
}

// of returns the track of a number. There are at most as many as places that may be looked at.
func (m *movie) of(id uint32) *track {
	t := m.tracks[id]
	if t == nil {
		t = &track{}
		m.tracks[id] = t
	}
	return t
}

// duration reads the header of the movie, of a track's media, or of all fragments.
func (m *movie) duration(b box) error {
	c, err := m.content(b, 8, 32)
	if err != nil {
		return err
	}
	long, at := c[0] == 1, 12 // version 1 has times of eight bytes
	if b.name == "mehd" {
		at = 4
	} else if long {
		at = 20
	}
	var scale uint32
	if b.name != "mehd" {
		if len(c) < at+12 && (long || len(c) < at+8) {
			return ErrDamaged
		}
		scale = binary.BigEndian.Uint32(c[at:])
		at += 4
	}
	switch b.name {
	case "mdhd":
		if m.track != nil {
			m.track.scale = scale
		}
		return nil
	case "mvhd":
		m.scale = scale
	}
	if ticks, ok := number(c[at:], long); ok && m.facts.Duration == 0 {
		m.facts.Duration = seconds(float64(ticks), float64(m.scale))
	}
	return nil
}

// number reads a number of four or eight bytes. One of which all bits are set means: not known.
func number(b []byte, long bool) (uint64, bool) {
	switch {
	case long && len(b) >= 8:
		v := binary.BigEndian.Uint64(b)
		return v, v != 1<<64-1
	case !long && len(b) >= 4:
		v := binary.BigEndian.Uint32(b)
		return uint64(v), v != 1<<32-1
	default:
		return 0, false
	}
}

// header reads the size of a track, and how it is turned.
func (m *movie) header(b box) error {
	c, err := m.content(b, 84, 96)
	if err != nil {
		return err
	}
	id, matrix := c[12:], 40
	if c[0] == 1 {
		if len(c) < 96 {
			return ErrDamaged
		}
		id, matrix = c[20:], 52
	}
	m.track = m.of(binary.BigEndian.Uint32(id))
	m.track.width = int(binary.BigEndian.Uint32(c[matrix+36:]) >> 16)
	m.track.height = int(binary.BigEndian.Uint32(c[matrix+40:]) >> 16)
	if binary.BigEndian.Uint32(c[matrix:]) == 0 && binary.BigEndian.Uint32(c[matrix+4:]) != 0 { // a quarter turn
		m.track.width, m.track.height = m.track.height, m.track.width
	}
	return nil
}

// add adds a track to the facts.
func (m *movie) add(t *track) {
	switch t.kind {
	case "vide":
		if t.width*t.height >= m.facts.Width*m.facts.Height {
			m.facts.Video, m.facts.Width, m.facts.Height, m.facts.VideoCodec = true, t.width, t.height, t.codec
		}
	case "soun":
		m.facts.Audio, m.facts.AudioCodec = true, t.codec
	}
}

// fragment reads when the last fragment of a recording ends. A program that records writes no
// duration, since it does not know it when it begins.
func (m *movie) fragment(b box) error {
	if b.name != "traf" {
		return nil
	}
	var t track
	var start, length time.Duration
	err := m.each(b, func(b box) error {
		c, err := m.content(b, 8, 32)
		if err != nil {
			return err
		}
		switch b.name {
		case "tfhd":
			t = *m.of(binary.BigEndian.Uint32(c[4:]))
			if sample, ok := defaultSample(c); ok {
				t.sample = sample
			}
		case "tfdt":
			ticks, _ := number(c[4:], c[0] == 1)
			start = seconds(float64(ticks), float64(t.scale))
		case "trun":
			ticks, err := m.run(b, t.sample)
			length += seconds(ticks, float64(t.scale))
			return err
		}
		return nil
	})
	m.facts.Duration = max(m.facts.Duration, start+length)
	return err
}

// run returns how many ticks the samples of a run take. Each may have its own duration.
func (m *movie) run(b box, usual uint32) (float64, error) {
	const hasOffset, hasFirstFlags, hasDuration = 1, 4, 0x100
	c, err := m.content(b, 8, maxRun)
	if err != nil {
		return 0, err
	}
	flags, count := binary.BigEndian.Uint32(c)&0xffffff, int(binary.BigEndian.Uint32(c[4:]))
	if flags&hasDuration == 0 {
		return float64(count) * float64(usual), nil
	}
	entry := 4 * bits.OnesCount32(flags&0xf00)
	c = c[min(len(c), 8+4*bits.OnesCount32(flags&(hasOffset|hasFirstFlags))):]
	ticks := 0.0
	for ; count > 0 && len(c) >= entry; count, c = count-1, c[entry:] {
		ticks += float64(binary.BigEndian.Uint32(c))
	}
	return ticks, nil
}

// defaultSample returns the usual duration of a fragment's samples, if the fragment says so.
func defaultSample(c []byte) (uint32, bool) {
	const hasOffset, hasDescription, hasDuration = 1, 2, 8
	flags, at := c[3], 8
	if flags&hasOffset != 0 {
		at += 8
	}
	if flags&hasDescription != 0 {
		at += 4
	}
	if flags&hasDuration == 0 || len(c) < at+4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(c[at:]), true
}
