package picture

import (
	"bufio"
	"context"
	"io"
)

// buffer is the size of the buffers between a picture and its copy. A cleaner holds some four of
// these, however large the picture is.
const buffer = 32 << 10

// maxProfile is the greatest length of a colour profile that is taken over into thumbnails. The
// profiles of cameras and screens have less than 4 KiB.
const maxProfile = 16 << 10

// Clean copies a picture to dst without anything that is not needed to show it. It takes time in
// proportion to the picture's size, and memory that does not depend on it. If it fails, the content
// of dst must be thrown away. The error is ErrDamaged if the picture itself is to blame.
//
// The source is read in small pieces, some of them twice: a file, not a request for each read.
func Clean(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64, format Format) (Info, error) {
	src = until(ctx, src)
	var info Info
	var err error
	out := bufio.NewWriterSize(dst, buffer)
	in := func() *bufio.Reader { return bufio.NewReaderSize(io.NewSectionReader(src, 0, size), buffer) }
	switch format {
	case JPEG:
		info, err = cleanJPEG(out, in())
	case PNG:
		info, err = cleanPNG(out, in())
	case GIF:
		info, err = cleanGIF(out, in())
	case WebP:
		info, err = cleanWebP(out, src, size)
	default:
		return Info{}, errFormat
	}
	if err != nil {
		return Info{}, err
	}
	info.Format = format
	if info.Width == 0 || info.Height == 0 || info.Frames == 0 {
		return Info{}, damaged("the picture shows nothing")
	}
	return info, out.Flush()
}

// readerAt makes an [io.ReaderAt] of a function.
type readerAt func(p []byte, at int64) (int, error)

func (f readerAt) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

// until returns a source that fails once the context is done. Nothing else interrupts a cleaner
// or a decoder.
func until(ctx context.Context, src io.ReaderAt) io.ReaderAt {
	return readerAt(func(p []byte, at int64) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return src.ReadAt(p, at)
	})
}
