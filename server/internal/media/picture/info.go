package picture

import (
	"errors"
	"fmt"
	"image"
	"io"
)

// Format is a format of pictures that can be cleaned. Its value is the media type.
type Format string

// The formats.
const (
	JPEG Format = "image/jpeg"
	PNG  Format = "image/png"
	GIF  Format = "image/gif"
	WebP Format = "image/webp"
)

// Info holds the facts in the structure of a picture. Nothing has been decoded for it.
type Info struct {
	Format        Format
	Width, Height int // as stored: see Shown
	Orientation   Orientation
	Frames        int // a picture that has several moves

	memory  int64  // how many bytes the decoded picture takes, about
	profile []byte // the colour profile (ICC), if it is short
	first   frame  // of a WebP file that moves
}

// frame is the place of a frame in a WebP file, and on the picture.
type frame struct {
	span        // its chunks
	bounds      image.Rectangle
	transparent bool // transparency has a chunk of its own
}

// Shown returns the size of the picture as it is shown, turned by its orientation.
func (i Info) Shown() (width, height int) { return i.Orientation.size(i.Width, i.Height) }

// Animated reports whether the picture moves.
func (i Info) Animated() bool { return i.Frames > 1 }

// ErrDamaged is returned for a picture that breaks the rules of its format, or is cut short. It
// may be stored, but only as a file to download.
var ErrDamaged = errors.New("picture: damaged")

// errFormat is returned for a format that no code here reads.
var errFormat = errors.New("picture: no such format")

// damaged returns an error that says in what way a picture is damaged.
func damaged(why string) error { return fmt.Errorf("%w: %s", ErrDamaged, why) }

// short returns ErrDamaged if a read failed because the picture is cut short. It returns other
// errors as they are: then the picture could not be read, and may be sound.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it is cut short")
	}
	return err
}

// Cleanable reports whether there is code here to clean pictures of a format.
func (f Format) Cleanable() bool { return f == JPEG || f == PNG || f == GIF || f == WebP }
