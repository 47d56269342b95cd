package media

import (
	"bytes"
	"context"
	"errors"
	"time"

	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/crashpoint"
	"natterjack/server/internal/media/inspect"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/picture"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

const (
	// pictureCache lets browsers keep a picture for ever, as its id names its content.
	pictureCache = "private, max-age=31536000, immutable"
	// pictureLife is how long the link to a picture works. It is longer than for other links,
	// because a list of a hundred channels should not load a hundred pictures anew in each session,
	// and users show their pictures to everybody.
	pictureLife = 24 * time.Hour
)

// keepPicture stores the picture of a user or a group. The uploaded file is not kept: the large
// square takes the place of the original.
func (t *taker) keepPicture(ctx context.Context, r *uploads.Record, file *temporary) error {
	square, err := t.inspector.Square(ctx, file, r.Size)
	if errors.Is(err, inspect.ErrNoPicture) {
		return t.refuse(ctx, r, "is not a picture that this server can show; take a JPEG, PNG, GIF or WebP file")
	}
	if err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Inspected)
	large, small := &square.Thumbnails[0], &square.Thumbnails[1]
	a := &wire.Attachment{ // everybody may see the picture, but not the name of its file
		ID: r.Media, Kind: wire.AttachmentImage, Name: kind.Sniff(large.Data).Name("picture"), Type: large.Type, Size: int64(len(large.Data)),
		Width: large.Width, Height: large.Height, Blurhash: square.Blurhash,
		Previews: []wire.Preview{{Rendition: wire.RenditionSmall, Type: small.Type, Width: small.Width, Height: small.Height, Size: int64(len(small.Data))}},
	}
	if err := valid(a); err != nil {
		return err
	}
	if err := t.putSquare(ctx, a, small, wire.RenditionSmall); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Previewed)
	if err := t.putSquare(ctx, a, large, wire.RenditionOriginal); err != nil {
		return err
	}
	crashpoint.Reach(crashpoint.Kept)
	return t.record(ctx, r, a)
}

func (t *taker) putSquare(ctx context.Context, a *wire.Attachment, square *picture.Thumbnail, as wire.Rendition) error {
	k := kind.Sniff(square.Data)
	meta := store.Meta{Type: k.ContentType(), CacheControl: pictureCache, Disposition: k.Disposition(k.Name("picture"))}
	_, err := t.storage.Put(ctx, storedKey(a.ID, as), bytes.NewReader(square.Data), int64(len(square.Data)), meta)
	return err
}

// pictures answers get_pictures.
func (m *Media) pictures(_ context.Context, c operation.Caller, cmd wire.GetPictures) (wire.Pictures, error) {
	reply := wire.Pictures{Pictures: []wire.PictureURL{}}
	if m.storage.Err() != nil {
		return reply, away()
	}
	key := wire.RenditionSmall
	if cmd.Rendition == wire.RenditionLarge {
		key = wire.RenditionOriginal
	}
	seen, err := m.log.SeenPictures(c.User, cmd.IDs)
	if err != nil {
		return reply, err
	}
	for _, id := range seen {
		// Storage knows the type: it tells browsers the type that it has kept.
		link, err := m.storage.PresignGet(store.Get{Key: storedKey(id, key), CacheControl: pictureCache, Life: pictureLife})
		if err != nil {
			return reply, err
		}
		reply.Pictures = append(reply.Pictures, wire.PictureURL{ID: id, URL: link.URL, Expires: link.Expires.UnixMilli()})
	}
	return reply, nil
}
