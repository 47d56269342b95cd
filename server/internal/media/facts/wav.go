package facts

import "encoding/binary"

const (
	wavPCM       = 1
	wavExtension = 0xfffe // the format follows
)

// wav holds the facts in the header of a WAV file.
type wav struct {
	format, channels, bits uint16
	rate, perSecond        uint32
	frame                  uint16 // bytes of one sample of all channels
	data, length           int64  // where the samples are
}

func readWAV(f *file) (Facts, error) {
	w, err := f.wav()
	if err != nil {
		return Facts{}, err
	}
	return Facts{Audio: true, AudioCodec: "pcm", Duration: seconds(float64(w.length), float64(w.perSecond))}, nil
}

// wav reads the header of a WAV file.
func (f *file) wav() (wav, error) {
	head, err := f.read(0, 12)
	if err != nil {
		return wav{}, short(err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return wav{}, ErrDamaged
	}
	var w wav
	for at := int64(12); ; {
		head, err := f.read(at, 8)
		if err != nil {
			return wav{}, short(err) // there are no samples
		}
		at += 8
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			b, err := f.read(at, min(length, 26))
			if err != nil {
				return wav{}, short(err)
			}
			if len(b) < 16 {
				return wav{}, ErrDamaged
			}
			w.parse(b)
		case "data": // its length may not have been known when it was written
			w.data, w.length = at, min(length, f.size-at)
			return w, nil
		}
		at += length + length&1
	}
}

func (w *wav) parse(b []byte) {
	w.format, w.channels = binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	w.rate, w.perSecond = binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	w.frame, w.bits = binary.LittleEndian.Uint16(b[12:]), binary.LittleEndian.Uint16(b[14:])
	if w.format == wavExtension && len(b) >= 26 {
		w.format = binary.LittleEndian.Uint16(b[24:])
	}
}
