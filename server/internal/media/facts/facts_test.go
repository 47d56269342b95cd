package facts

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// atom returns a box.
func atom(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
}

// words returns numbers of four bytes.
func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

const identity = 0x10000

// trackHeader returns a box tkhd.
func trackHeader(id, width, height uint32, turned bool) []byte {
	matrix := words(identity, 0, 0, 0, identity, 0, 0, 0, 0x40000000)
	if turned {
		matrix = words(0, identity, 0, 0xffff0000, 0, 0, height<<16, 0, 0x40000000)
	}
	return atom("tkhd", words(7, 0, 0, id, 0, 0, 0, 0, 0, 0), matrix, words(width<<16, height<<16))
}

func trak(id uint32, kind, codec string, width, height uint32, turned bool) []byte {
	return atom("trak", trackHeader(id, width, height, turned), atom("mdia",
		atom("mdhd", words(0, 0, 0, 1000, 0, 0)),
		atom("hdlr", words(0, 0), []byte(kind), words(0, 0, 0)),
		atom("minf", atom("stbl", atom("stsd", words(0, 1, 16), []byte(codec)))),
	))
}

// film returns an MP4 file with the description behind the pictures.
func film(brand string, duration uint32, tracks ...[]byte) []byte {
	return bytes.Join([][]byte{
		atom("ftyp", []byte(brand), words(0)),
		atom("mdat", make([]byte, 1000)),
		atom("moov", append([][]byte{atom("mvhd", words(0, 0, 0, 600, duration), make([]byte, 80))}, tracks...)...),
	}, nil)
}

// fragments returns an MP4 file as a program writes it that records.
func fragments() []byte {
	part := func(start uint32) []byte {
		return atom("moof", atom("mfhd", words(0, 1)), atom("traf",
			atom("tfhd", words(8, 1, 40)), atom("tfdt", words(0, start)), atom("trun", words(0, 25)),
			atom("trun", words(0x301, 2, 99, 100, 7, 200, 7)), // durations of 100 and 200, and sizes
		))
	}
	return bytes.Join([][]byte{
		film("isom", 0, trak(1, "vide", "avc1", 640, 480, false), atom("mvex", atom("trex", words(0, 1, 1, 10, 0, 0)))),
		part(0), atom("mdat", make([]byte, 100)), part(1000), atom("mdat", make([]byte, 100)),
	}, nil)
}

// element returns an element of WebM.
func element(id uint32, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	name := bytes.TrimLeft(words(id), "\x00")
	return append(append(name, 0x10|byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body))), body...)
}

// open returns the start of an element whose length is not known.
func open(id uint32, parts ...[]byte) []byte {
	return append(append(bytes.TrimLeft(words(id), "\x00"), 1, 255, 255, 255, 255, 255, 255, 255), bytes.Join(parts, nil)...)
}

func webmTracks() []byte {
	return element(ebmlTracks,
		element(ebmlTrack, element(0xd7, []byte{1}), element(ebmlCodec, []byte("V_VP9")), element(ebmlTrackType, []byte{1}),
			element(ebmlVideo, element(ebmlWidth, []byte{5, 0}), element(ebmlHeight, []byte{2, 208}))),
		element(ebmlTrack, element(0xd7, []byte{2}), element(ebmlTrackType, []byte{2}), element(ebmlCodec, []byte("A_OPUS"))),
	)
}

func duration32(seconds float32) []byte { return words(math.Float32bits(seconds * 1000)) }

// live returns a WebM file as browsers record it: no duration, no lengths.
func live() []byte {
	block := func(at int16) []byte {
		return element(ebmlSimple, []byte{0x81, byte(at >> 8), byte(at), 0x80}, make([]byte, 50))
	}
	return bytes.Join([][]byte{
		element(0x1a45dfa3, []byte("x")),
		open(ebmlSegment, element(ebmlInfo, element(ebmlScale, []byte{0x0f, 0x42, 0x40})), webmTracks()),
		open(ebmlCluster, element(ebmlTime, []byte{0}), block(0), block(500)),
		open(ebmlCluster, element(ebmlTime, []byte{0x03, 0xe8}), block(-10), block(1500)),
	}, nil)
}

func oggPage(granule int64, body string) []byte {
	b := append([]byte("OggS\x00\x00"), make([]byte, 8)...)
	binary.LittleEndian.PutUint64(b[6:], uint64(granule))
	b = append(b, "\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"...)
	return append(append(b, byte(len(body))), body...)
}

func opus() []byte {
	return bytes.Join([][]byte{
		oggPage(0, "OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"), oggPage(0, "OpusTags"),
		oggPage(48000, "x"), oggPage(3*48000+312, "x"), oggPage(-1, "x"),
	}, nil)
}

// mp3 returns an MP3 file with a picture before the sound.
func mp3(frames int, first string) []byte {
	frame := append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 413)...) // 128 kbit/s, 44.1 kHz
	b := append([]byte("ID3\x04\x00\x00\x00\x00\x02\x00"), make([]byte, 256)...)
	b = append(b, frame[:36]...)
	b = append(append(b, first...), frame[36+len(first):]...)
	return append(b, bytes.Repeat(frame, frames-1)...)
}

// tone returns a WAV file of two seconds, of which the second one is louder.
func tone(bits int) []byte {
	const rate = 8000
	var data []byte
	for i := range 2 * rate {
		v := 0.1 * math.Sin(float64(i))
		if i >= rate {
			v *= 10
		}
		if bits == 8 {
			data = append(data, byte(128+127*v))
		} else {
			data = binary.LittleEndian.AppendUint16(data, uint16(int16(32767*v)))
		}
	}
	b := append([]byte("RIFF\x00\x00\x00\x00WAVEJUNK\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00\x01\x00\x01\x00"), make([]byte, 12)...)
	at := len(b) - 12
	binary.LittleEndian.PutUint32(b[at:], rate)
	binary.LittleEndian.PutUint32(b[at+4:], uint32(rate*bits/8))
	binary.LittleEndian.PutUint16(b[at+8:], uint16(bits/8))
	binary.LittleEndian.PutUint16(b[at+10:], uint16(bits))
	b = append(b, "data\xff\xff\xff\xff"...) // recorded: the length was not known
	return append(b, data...)
}

func heic(rotation byte) []byte {
	return bytes.Join([][]byte{
		atom("ftyp", []byte("heic"), words(0)),
		atom("meta", words(0), atom("hdlr", words(0, 0), []byte("pict")), atom("iprp", atom("ipco",
			atom("ispe", words(0, 512, 512)), atom("ispe", words(0, 4032, 3024)), atom("irot", []byte{rotation}), atom("ispe", words(0, 320, 240)),
		))),
	}, nil)
}

func files() map[string]struct {
	mediaType string
	file      []byte
	want      Facts
} {
	type sample = struct {
		mediaType string
		file      []byte
		want      Facts
	}
	avc := trak(1, "vide", "avc1", 1920, 1080, false)
	sound := trak(2, "soun", "mp4a", 0, 0, false)
	long := bytes.Replace(film("isom", 1200, avc), append(words(8+1000), "mdat"...), append(words(1), "mdat\x00\x00\x00\x00\x00\x00\x03\xf8"...), 1)
	flac := append([]byte("fLaC\x80\x00\x00\x22"), make([]byte, 18)...)
	binary.BigEndian.PutUint64(flac[18:], 44100<<44|88200)
	return map[string]sample{
		"mp4":      {"video/mp4", film("isom", 1500, avc, sound), Facts{2500 * time.Millisecond, 1920, 1080, true, true, "avc1", "mp4a"}},
		"upright":  {"video/quicktime", film("qt  ", 600, trak(1, "vide", "hvc1", 1920, 1080, true)), Facts{time.Second, 1080, 1920, true, false, "hvc1", ""}},
		"m4a":      {"audio/mp4", film("M4A ", 600, sound), Facts{Duration: time.Second, Audio: true, AudioCodec: "mp4a"}},
		"fragment": {"video/mp4", fragments(), Facts{2300 * time.Millisecond, 640, 480, true, false, "avc1", ""}},
		"long box": {"video/mp4", long, Facts{2 * time.Second, 1920, 1080, true, false, "avc1", ""}},
		"webm": {
			"video/webm",
			append(element(0x1a45dfa3, []byte("x")), open(ebmlSegment, element(ebmlInfo, element(ebmlDuration, duration32(4.5))), webmTracks(), open(ebmlCluster))...),
			Facts{4500 * time.Millisecond, 1280, 720, true, true, "V_VP9", "A_OPUS"},
		},
		"live webm": {"video/webm", live(), Facts{2500 * time.Millisecond, 1280, 720, true, true, "V_VP9", "A_OPUS"}},
		"opus":      {"audio/ogg", opus(), Facts{Duration: 3 * time.Second, Audio: true, AudioCodec: "opus"}},
		"mp3":       {"audio/mpeg", mp3(100, ""), Facts{Duration: 2606 * time.Millisecond, Audio: true, AudioCodec: "mp3"}},
		"vbr mp3":   {"audio/mpeg", mp3(10, "Xing\x00\x00\x00\x01\x00\x00\x03\xe8"), Facts{Duration: 26122 * time.Millisecond, Audio: true, AudioCodec: "mp3"}},
		"wav":       {"audio/wav", tone(16), Facts{Duration: 2 * time.Second, Audio: true, AudioCodec: "pcm"}},
		"flac":      {"audio/flac", flac, Facts{Duration: 2 * time.Second, Audio: true, AudioCodec: "flac"}},
		"heic":      {"image/heic", heic(1), Facts{Width: 3024, Height: 4032}},
		"avif":      {"image/avif", heic(2), Facts{Width: 4032, Height: 3024}},
		"text":      {"text/plain", []byte("text"), Facts{}},
	}
}

func TestRead(t *testing.T) {
	for name, s := range files() {
		got, err := Read(t.Context(), bytes.NewReader(s.file), int64(len(s.file)), s.mediaType)
		if err != nil || got != s.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, s.want)
		}
	}
}

func TestFacts_Unplayable(t *testing.T) {
	if (Facts{VideoCodec: "avc1"}).Unplayable() || (Facts{}).Unplayable() || !(Facts{VideoCodec: "hvc1"}).Unplayable() {
		t.Error("HEVC alone is what many browsers do not play")
	}
}

// TestRead_brokenOff cuts every file everywhere: whatever is found, nothing else goes wrong.
func TestRead_brokenOff(t *testing.T) {
	for name, s := range files() {
		for n := range min(len(s.file), 3000) {
			_, err := Read(t.Context(), bytes.NewReader(s.file[:n]), int64(n), s.mediaType)
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s, %d bytes of it: %v", name, n, err)
			}
		}
	}
}

// TestRead_bounded shows that a file of a great many parts is not read to its end.
func TestRead_bounded(t *testing.T) {
	boxes := bytes.Repeat(atom("free"), 1<<17)
	blocks := append(live(), bytes.Repeat(element(ebmlSimple, []byte{0x81, 0, 0, 0}), 1<<17)...)
	nested := atom("moov")
	for range 2000 {
		nested = atom("mdia", nested)
	}
	for name, s := range map[string]struct {
		mediaType string
		file      []byte
	}{"boxes": {"video/mp4", boxes}, "blocks": {"video/webm", blocks}, "nested": {"video/mp4", atom("moov", nested)}} {
		reads := 0
		src := readerAt(func(p []byte, at int64) (int, error) {
			reads++
			return bytes.NewReader(s.file).ReadAt(p, at)
		})
		if _, err := Read(t.Context(), src, int64(len(s.file)), s.mediaType); err != nil || reads > maxSteps {
			t.Errorf("%s: %d reads, %v", name, reads, err)
		}
	}
}

type readerAt func(p []byte, at int64) (int, error)

func (f readerAt) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

// TestRead_brokenSource shows that a file is not called damaged because it cannot be read.
func TestRead_brokenSource(t *testing.T) {
	broken := readerAt(func([]byte, int64) (int, error) { return 0, iotest.ErrTimeout })
	if _, err := Read(t.Context(), broken, 1000, "video/mp4"); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("%v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(done, bytes.NewReader(opus()), 100, "audio/ogg"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRead_insane shows that what cannot be true is not told.
func TestRead_insane(t *testing.T) {
	for name, file := range map[string][]byte{
		"centuries": film("isom", math.MaxUint32-1, trak(1, "vide", "avc1", 65535, 65535, false)),
		"unknown":   film("isom", math.MaxUint32, trak(1, "vide", "avc1", 0, 10, false)),
	} {
		got, err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), "video/mp4")
		if err != nil || got.Duration != 0 || got.Width != 0 || got.Height != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWaveform(t *testing.T) {
	for _, bits := range []int{8, 16} {
		file := tone(bits)
		bars, err := Waveform(t.Context(), bytes.NewReader(file), int64(len(file)))
		if err != nil || len(bars) != Bars {
			t.Fatalf("%d bars, %v", len(bars), err)
		}
		for i, want := range map[int]byte{3: 25, Bars/2 - 2: 25, Bars / 2: 254, Bars - 1: 254} {
			if d := int(bars[i]) - int(want); d < -3 || d > 3 {
				t.Errorf("%d bits: bar %d is %d, want %d", bits, i, bars[i], want)
			}
		}
	}
	empty := tone(16)[:60]
	if bars, err := Waveform(t.Context(), bytes.NewReader(empty), int64(len(empty))); err != nil || bars != nil {
		t.Errorf("of nothing: %v, %v", bars, err)
	}
	if _, err := Waveform(t.Context(), strings.NewReader("RIFF"), 4); !errors.Is(err, ErrDamaged) {
		t.Errorf("of no WAV file: %v", err)
	}
}

func TestCheckWaveform(t *testing.T) {
	for n, want := range map[int]error{0: ErrWaveform, 1: nil, MaxBars: nil, MaxBars + 1: ErrWaveform} {
		if err := CheckWaveform(make([]byte, n)); !errors.Is(err, want) {
			t.Errorf("%d bars: %v", n, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range files() {
		f.Add(s.file[:min(len(s.file), 4000)], s.mediaType)
	}
	f.Fuzz(func(t *testing.T, file []byte, mediaType string) {
		size := int64(len(file))
		facts, err := Read(t.Context(), bytes.NewReader(file), size, mediaType)
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if facts.Duration < 0 || facts.Duration > maxDuration || facts.Width < 0 || facts.Width > maxSide || (facts.Width == 0) != (facts.Height == 0) {
			t.Errorf("%+v", facts)
		}
		if bars, err := Waveform(t.Context(), bytes.NewReader(file), size); err == nil && bars != nil && CheckWaveform(bars) != nil {
			t.Errorf("%d bars", len(bars))
		}
	})
}
