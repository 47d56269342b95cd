package facts

import (
	"context"
	"errors"
	"io"
	"time"
)

// Facts are the facts in the headers of a file. A zero stands for an unknown fact.
type Facts struct {
	Duration      time.Duration
	Width, Height int    // as shown
	Video, Audio  bool   // which kinds of tracks it has
	VideoCodec    string // as its container names it: "avc1", "hvc1", "V_VP9"
	AudioCodec    string
}

// Unplayable reports whether many browsers cannot show the video. They play its sound at best.
func (f Facts) Unplayable() bool {
	switch f.VideoCodec {
	case "hvc1", "hev1", "dvh1", "dvhe", "mp4v", "jpeg", "ap4h", "apch", "apcn", "V_MPEGH/ISO/HEVC":
		return true
	default:
		return false
	}
}

const (
	// maxDuration and maxSide are larger than in any honest file.
	maxDuration = 31 * 24 * time.Hour
	maxSide     = 1 << 15
	// maxSteps is how many places of a file are looked at.
	maxSteps = 20000
)

// ErrDamaged is returned for a file that does not follow its format.
var ErrDamaged = errors.New("facts: damaged")

// Read returns the facts about a file of a media type. They are empty for types without any.
func Read(ctx context.Context, src io.ReaderAt, size int64, mediaType string) (Facts, error) {
	read := map[string]func(*file) (Facts, error){
		"video/mp4": readMP4, "video/quicktime": readMP4, "audio/mp4": readMP4, "video/3gpp": readMP4,
		"image/heic": readHEIF, "image/heif": readHEIF, "image/avif": readHEIF,
		"video/webm": readWebM, "audio/webm": readWebM, "video/matroska": readWebM,
		"audio/ogg": readOgg, "video/ogg": readOgg,
		"audio/mpeg": readMP3,
		"audio/wav":  readWAV,
		"audio/flac": readFLAC,
	}[mediaType]
	if read == nil {
		return Facts{}, nil
	}
	f, err := read(&file{src: src, size: size, done: ctx.Err})
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errStop) {
		err = nil // the facts found so far hold
	}
	return f.sane(), err
}

// short returns ErrDamaged if a read failed because the file is cut short.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errStop) {
		return ErrDamaged
	}
	return err
}

// sane returns the facts without values that cannot be true.
func (f Facts) sane() Facts {
	if f.Duration < 0 || f.Duration > maxDuration {
		f.Duration = 0
	}
	if f.Width <= 0 || f.Height <= 0 || f.Width > maxSide || f.Height > maxSide {
		f.Width, f.Height = 0, 0
	}
	return f
}

// errStop ends the reading of a file about which enough is known.
var errStop = errors.New("facts: that is enough")

// file is a file that is read at a few places.
type file struct {
	src   io.ReaderAt
	size  int64
	done  func() error // the error of the context
	steps int
}

// read returns n bytes of the file. It fails when too many places have been looked at.
func (f *file) read(at, n int64) ([]byte, error) {
	if err := f.done(); err != nil {
		return nil, err
	}
	if f.steps++; f.steps > maxSteps {
		return nil, errStop
	}
	if at < 0 || n < 0 || at > f.size || n > f.size-at {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f.src, at, n), b); err != nil {
		return nil, err
	}
	return b, nil
}

// upTo returns at most n bytes of the file.
func (f *file) upTo(at, n int64) ([]byte, error) { return f.read(at, min(n, max(0, f.size-at))) }

// seconds returns the duration of some samples at a rate of samples a second.
func seconds(samples, rate float64) time.Duration {
	if rate <= 0 || samples <= 0 || samples/rate > maxDuration.Seconds() {
		return 0
	}
	return time.Duration(samples / rate * float64(time.Second)).Round(time.Millisecond)
}
