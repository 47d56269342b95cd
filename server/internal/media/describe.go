package media

import (
	"bytes"
	"context"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/inspect"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/picture"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// describe returns the facts about a file for messages, except for its previews and its hash.
func describe(r *uploads.Record, found *inspect.Result, say spoken) *wire.Attachment {
	a := &wire.Attachment{
		ID: r.Media, Kind: wire.AttachmentKind(found.Kind.Class), Name: found.Kind.Name(r.Name), Type: found.Kind.Type, Size: r.Size,
		Width: found.Width, Height: found.Height, Blurhash: found.Blurhash, Duration: found.Duration.Milliseconds(),
		Waveform: found.Waveform, Animated: found.Animated,
	}
	if say.voice && found.Kind.Class == kind.Audio {
		a.Kind = wire.AttachmentVoice
		if len(a.Waveform) == 0 {
			a.Waveform = say.waveform
		}
	}
	return a
}

// storePreviews stores the previews of a picture, and says in the attachment which there are.
func (t *taker) storePreviews(ctx context.Context, a *wire.Attachment, thumbnails []picture.Thumbnail) error {
	for _, thumb := range thumbnails {
		p := wire.Preview{Rendition: renditionOf(&thumb), Type: thumb.Type, Width: thumb.Width, Height: thumb.Height, Size: int64(len(thumb.Data))}
		k := kind.Kind{Type: p.Type, Class: kind.Image}
		meta := store.Meta{Type: k.ContentType(), CacheControl: cacheControl, Disposition: k.Disposition(a.Name)}
		if _, err := t.storage.Put(ctx, storedKey(a.ID, p.Rendition), bytes.NewReader(thumb.Data), p.Size, meta); err != nil {
			return err
		}
		a.Previews = append(a.Previews, p)
	}
	return nil
}

func renditionOf(t *picture.Thumbnail) wire.Rendition {
	if max(t.Width, t.Height) > picture.SmallSide {
		return wire.RenditionLarge
	}
	return wire.RenditionSmall
}

// metaOf returns the headers that storage keeps beside the original of a file. Links name the same
// headers. So these count only for operators, who can read storage without links.
func metaOf(a *wire.Attachment) store.Meta {
	k := kindOf(a)
	return store.Meta{Type: k.ContentType(), CacheControl: cacheControl, Disposition: k.Disposition(a.Name)}
}
