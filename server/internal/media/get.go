package media

import (
	"cmp"
	"context"
	"slices"

	"natterjack/jetstream/operation"
	"natterjack/server/internal/media/kind"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// cacheControl lets browsers keep a file: the bytes under an id never change. A shared cache must
// not keep it, because the next user behind that cache may not see it.
const cacheControl = "private, max-age=86400, immutable"

// get answers get_media. First the log says whether the user may see the file now. Only then does
// get ask about storage.
func (m *Media) get(ctx context.Context, c operation.Caller, cmd wire.GetMedia) (wire.MediaURL, error) {
	a, err := m.log.MayRead(ctx, c.User, cmd.Channel, cmd.Seq, cmd.Media)
	if err != nil {
		return wire.MediaURL{}, err
	}
	if m.storage.Err() != nil {
		return wire.MediaURL{}, away()
	}
	u := wire.MediaURL{Media: a.ID, Rendition: cmp.Or(cmd.Rendition, wire.RenditionOriginal), Size: a.Size}
	k := kindOf(&a)
	if u.Rendition != wire.RenditionOriginal {
		i := slices.IndexFunc(a.Previews, func(p wire.Preview) bool { return p.Rendition == u.Rendition })
		if i < 0 {
			return wire.MediaURL{}, notFound()
		}
		k, u.Size = kind.Kind{Type: a.Previews[i].Type, Class: kind.Image}, a.Previews[i].Size
	}
	if cmd.Download {
		k = k.Plain()
	}
	u.MediaType = k.ContentType()
	link, err := m.storage.PresignGet(store.Get{
		Key: storedKey(a.ID, u.Rendition), Type: u.MediaType, Disposition: k.Disposition(a.Name), CacheControl: cacheControl,
	})
	if err != nil {
		return wire.MediaURL{}, err
	}
	u.URL, u.Expires = link.URL, link.Expires.UnixMilli()
	return u, nil
}

// kindOf returns the kind of a file by its facts.
func kindOf(a *wire.Attachment) kind.Kind {
	k := kind.Kind{Type: a.Type, Class: kind.Class(a.Kind)}
	if a.Kind == wire.AttachmentVoice {
		k.Class = kind.Audio
	}
	return k
}
