package facts

import (
	"bytes"
	"encoding/binary"
)

// mp3Window is how far behind the tags the first frame is sought.
const mp3Window = 64 << 10

// mp3Frame is the header of a frame of layer III.
type mp3Frame struct {
	rate    float64 // samples a second
	bitrate float64 // bits a second
	samples float64 // in a frame
	side    int     // bytes between the header and the tag that a program has written there
}

var (
	mp3Rates     = [4]float64{44100, 48000, 32000, 0}
	mp3Bitrates1 = [16]float64{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	mp3Bitrates2 = [16]float64{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
)

// readMP3 finds the first frame. If a program has written there how many frames there are, that
// counts; otherwise all frames are taken to be like the first.
func readMP3(f *file) (Facts, error) {
	start, err := f.afterTags()
	if err != nil {
		return Facts{}, err
	}
	b, err := f.upTo(start, mp3Window)
	if err != nil {
		return Facts{}, err
	}
	for at := range b {
		frame, ok := parseMP3(b[at:])
		if !ok {
			continue
		}
		facts := Facts{Audio: true, AudioCodec: "mp3"}
		if n := frame.count(b[at:]); n > 0 {
			facts.Duration = seconds(n*frame.samples, frame.rate)
		} else {
			facts.Duration = seconds(float64(f.size-start-int64(at))*8, frame.bitrate)
		}
		return facts, nil
	}
	return Facts{}, ErrDamaged
}

// afterTags returns where the tags at the start end.
func (f *file) afterTags() (int64, error) {
	head, err := f.upTo(0, 10)
	if err != nil || len(head) < 10 || !bytes.HasPrefix(head, []byte("ID3")) {
		return 0, err
	}
	var n int64
	for _, c := range head[6:] {
		n = n<<7 | int64(c&0x7f)
	}
	return min(10+n, f.size), nil
}

func parseMP3(b []byte) (mp3Frame, bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 || b[1]>>1&3 != 1 { // layer III
		return mp3Frame{}, false
	}
	version, mono := b[1]>>3&3, b[3]>>6 == 3
	f := mp3Frame{rate: mp3Rates[b[2]>>2&3], samples: 1152, side: 32}
	f.bitrate = 1000 * mp3Bitrates1[b[2]>>4]
	if mono {
		f.side = 17
	}
	if version != 3 { // MPEG 2 halves the rate, and 2.5 once more
		f.rate, f.samples, f.side = f.rate/2, 576, 17
		f.bitrate = 1000 * mp3Bitrates2[b[2]>>4]
		if version == 0 {
			f.rate /= 2
		}
		if mono {
			f.side = 9
		}
	}
	return f, version != 1 && f.rate > 0 && f.bitrate > 0
}

// count returns how many frames there are, if the first one says so.
func (f mp3Frame) count(b []byte) float64 {
	const hasFrames = 1
	if at := 4 + f.side; len(b) >= at+12 {
		name := string(b[at : at+4])
		if (name == "Xing" || name == "Info") && b[at+7]&hasFrames != 0 {
			return float64(binary.BigEndian.Uint32(b[at+8:]))
		}
	}
	if at := 4 + 32; len(b) >= at+18 && string(b[at:at+4]) == "VBRI" {
		return float64(binary.BigEndian.Uint32(b[at+14:]))
	}
	return 0
}
