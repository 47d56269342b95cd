package facts

import "encoding/binary"

// readFLAC reads the first block of a FLAC file, which every such file has.
func readFLAC(f *file) (Facts, error) {
	b, err := f.read(0, 8+18)
	if err != nil {
		return Facts{}, err
	}
	if string(b[:4]) != "fLaC" || b[4]&0x7f != 0 {
		return Facts{}, ErrDamaged
	}
	packed := binary.BigEndian.Uint64(b[18:]) // 20 bits of rate, 3 of channels, 5 of bits, 36 of samples
	return Facts{Audio: true, AudioCodec: "flac", Duration: seconds(float64(packed&(1<<36-1)), float64(packed>>44))}, nil
}
