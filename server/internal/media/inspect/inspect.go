// Package inspect takes in an uploaded file: it finds out its kind, cleans it, reads the facts
// about it, and makes its preview. No file is refused here. A file that cannot be cleaned, or is
// not of the kind that it seems to be, becomes a download without a preview.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"natterjack/server/internal/media/facts"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/picture"
)

// Result holds the facts about a file. A zero field is not known, or does not exist.
type Result struct {
	Kind kind.Kind // says how the file is served
	// Cleaned says that the clean copy is to be stored. Otherwise the copy is thrown away, and
	// the file is stored as it came.
	Cleaned bool

	Width, Height int // as shown
	Animated      bool
	Duration      time.Duration
	Unplayable    bool // many browsers cannot show the video
	Waveform      []byte
	picture.Preview
}

// Inspector inspects files. Its methods may be called concurrently.
type Inspector struct {
	maker *picture.Maker
}

// New returns an inspector that decodes pictures within limits.
func New(limits picture.Limits) *Inspector {
	return &Inspector{maker: picture.NewMaker(limits)}
}

// Inspect inspects a file, and writes a clean copy of it if it is a picture or a video. It reads
// the file in small pieces and some of them twice, so the source is best a local file. An error
// is never the file's fault: the source or the copy failed, the context is done, or the server
// is busy ([picture.ErrBusy]). Then nothing is known, and the call may be repeated.
func (i *Inspector) Inspect(ctx context.Context, src io.ReaderAt, size int64, copied io.Writer) (Result, error) {
	head := make([]byte, min(size, kind.HeadSize))
	if _, err := io.ReadFull(io.NewSectionReader(src, 0, size), head); err != nil {
		return Result{}, fmt.Errorf("read the file: %w", err)
	}
	r := Result{Kind: kind.Sniff(head)}
	if picture.Format(r.Kind.Type).Cleanable() {
		if err := i.picture(ctx, &r, src, size, copied); err != nil {
			return Result{}, err
		}
		return r, nil
	}
	if err := r.read(ctx, src, size); err != nil {
		return Result{}, err
	}
	if err := r.clean(ctx, src, size, copied); err != nil {
		return Result{}, err
	}
	return r, nil
}

// ErrNoPicture is returned for a file that cannot be the picture of a user or a group.
var ErrNoPicture = errors.New("inspect: not a picture that can be decoded here")

// Square makes the picture of a user or a group out of a file. The error is [ErrNoPicture] if that
// cannot be done. Any other is as for Inspect.
func (i *Inspector) Square(ctx context.Context, src io.ReaderAt, size int64) (picture.Preview, error) {
	head := make([]byte, min(size, kind.HeadSize))
	if _, err := io.ReadFull(io.NewSectionReader(src, 0, size), head); err != nil {
		return picture.Preview{}, fmt.Errorf("read the file: %w", err)
	}
	format := picture.Format(kind.Sniff(head).Type)
	if !format.Cleanable() {
		return picture.Preview{}, ErrNoPicture
	}
	info, err := picture.Clean(ctx, io.Discard, src, size, format)
	if err == nil {
		var square picture.Preview
		if square, err = i.maker.Square(ctx, src, size, info); err == nil {
			return square, nil
		}
	}
	if errors.Is(err, picture.ErrDamaged) || errors.Is(err, picture.ErrTooLarge) {
		return picture.Preview{}, fmt.Errorf("%w: %w", ErrNoPicture, err)
	}
	return picture.Preview{}, fmt.Errorf("make the square: %w", err)
}

// picture cleans a picture and makes its preview. A picture whose structure is sound stays one,
// even if it cannot be decoded here.
func (i *Inspector) picture(ctx context.Context, r *Result, src io.ReaderAt, size int64, copied io.Writer) error {
	info, err := picture.Clean(ctx, copied, src, size, picture.Format(r.Kind.Type))
	if errors.Is(err, picture.ErrDamaged) {
		r.Kind = r.Kind.Plain()
		return nil
	}
	if err != nil {
		return fmt.Errorf("clean the picture: %w", err)
	}
	r.Cleaned, r.Animated = true, info.Animated()
	r.Width, r.Height = info.Shown()
	r.Preview, err = i.maker.Make(ctx, src, size, info)
	if err != nil && !errors.Is(err, picture.ErrDamaged) && !errors.Is(err, picture.ErrTooLarge) {
		return fmt.Errorf("make the preview: %w", err)
	}
	return nil
}

// clean cleans a file that is made of boxes: a video, a sound, or a picture that is not decoded
// here. If that fails, the file is a download, which the sender has chosen to give away whole.
func (r *Result) clean(ctx context.Context, src io.ReaderAt, size int64, copied io.Writer) error {
	if !facts.Cleanable(r.Kind.Type) {
		return nil
	}
	err := facts.Clean(ctx, copied, src, size, r.Kind.Type)
	if errors.Is(err, facts.ErrDamaged) {
		r.Kind = r.Kind.Plain()
		return nil
	}
	if err != nil {
		return fmt.Errorf("clean the file: %w", err)
	}
	r.Cleaned = true
	return nil
}

// read reads the facts about a file that is not a picture, or one that is not decoded here.
func (r *Result) read(ctx context.Context, src io.ReaderAt, size int64) error {
	f, err := facts.Read(ctx, src, size, r.Kind.Type)
	if err != nil && !errors.Is(err, facts.ErrDamaged) {
		return fmt.Errorf("read the facts: %w", err)
	}
	r.Duration, r.Width, r.Height, r.Unplayable = f.Duration, f.Width, f.Height, f.Unplayable()
	if f.Audio && !f.Video {
		r.Kind = r.Kind.Sound()
	}
	if r.Kind.Type != "audio/wav" {
		return nil
	}
	r.Waveform, err = facts.Waveform(ctx, src, size)
	if err != nil && !errors.Is(err, facts.ErrDamaged) {
		return fmt.Errorf("read the waveform: %w", err)
	}
	return nil
}
