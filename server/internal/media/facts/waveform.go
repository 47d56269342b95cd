package facts

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
)

const (
	// Bars is how many bars a waveform that is made here has.
	Bars = 64
	// MaxBars is how many bars the waveform of a client may have.
	MaxBars = 256

	barSample = 4 << 10 // bytes that are looked at for each bar
)

// ErrWaveform is returned for a waveform that a client may not send.
var ErrWaveform = errors.New("the waveform has no bars, or more than 256; send one byte for each bar")

// CheckWaveform checks a waveform that the sender of a voice message has made: a byte for each
// bar, 255 for the loudest sound that there can be.
func CheckWaveform(bars []byte) error {
	if len(bars) == 0 || len(bars) > MaxBars {
		return ErrWaveform
	}
	return nil
}

// Waveform returns the bars of a WAV file, or none if its samples are of a kind that is not read
// here. It looks at a part of the samples of each bar only. Other sounds would have to be
// decoded, so there the sender's waveform is used.
func Waveform(ctx context.Context, src io.ReaderAt, size int64) ([]byte, error) {
	f := &file{src: src, size: size, done: ctx.Err}
	w, err := f.wav()
	if err != nil || w.format != wavPCM || w.bits != 16 && w.bits != 8 || w.length < Bars*2 {
		return nil, err
	}
	bars := make([]byte, Bars)
	for i := range bars {
		from, to := w.length*int64(i)/Bars&^1, w.length*int64(i+1)/Bars&^1
		b, err := f.read(w.data+from, min(to-from, barSample))
		if err != nil {
			return nil, err
		}
		bars[i] = loudest(b, w.bits)
	}
	return bars, nil
}

// loudest returns how loud the loudest of some samples is.
func loudest(b []byte, bits uint16) byte {
	most := 0
	if bits == 8 { // these have no sign
		for _, c := range b {
			most = max(most, int(c)-128, 128-int(c))
		}
		return byte(min(2*most, 255))
	}
	for ; len(b) >= 2; b = b[2:] {
		v := int(int16(binary.LittleEndian.Uint16(b)))
		most = max(most, v, -v)
	}
	return byte(min(most>>7, 255))
}
