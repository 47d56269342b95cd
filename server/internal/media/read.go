package media

import (
	"bytes"
	"context"
	"errors"
	"io"

	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// Reader reads from media storage. [*store.Store] implements it.
type Reader interface {
	// Err returns why storage cannot be used now.
	Err() error
	// Read writes a range of an object.
	Read(ctx context.Context, w io.Writer, key, etag string, offset, length int64) error
}

// Beginning returns the first bytes of a file of a known size, at most so many, or nothing if there
// is no such file any more.
func Beginning(ctx context.Context, from Reader, media string, size int64, most int) ([]byte, error) {
	if err := from.Err(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := from.Read(ctx, &b, storedKey(media, wire.RenditionOriginal), "", 0, min(size, int64(most)))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return b.Bytes(), err
}
