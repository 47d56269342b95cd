package natter

import (
	"context"
	"iter"

	"natterjack/server/wire"
)

// Gallery is a page of the attachments and links that [Client.Media] returns.
type Gallery = wire.Gallery

// GalleryItem is an attachment or a link in a message, and where it is.
type GalleryItem = wire.GalleryItem

// GalleryKind names what a gallery shows: pictures and videos, files, voice messages, or links.
type GalleryKind = wire.GalleryKind

// MediaPlace is the place of an attachment or a link in a channel.
type MediaPlace = wire.MediaPlace

// Media lists attachments and links in a channel's messages, of one kind or of all if kind is
// empty, the newest message first. Before is the Next of the page before, or zero. A limit of 0
// means 50.
func (c *Client) Media(ctx context.Context, channel string, kind GalleryKind, before MediaPlace, limit int) (Gallery, error) {
	return ask[wire.Gallery](ctx, c, wire.ListMedia{Channel: channel, Kind: kind, Before: before, Limit: limit})
}

// AllMedia lists all attachments and links in a channel's messages, of one kind or of all if kind
// is empty, the newest message first. It sends as many queries as that takes. An error ends the
// list.
func (c *Client) AllMedia(ctx context.Context, channel string, kind GalleryKind) iter.Seq2[GalleryItem, error] {
	return func(yield func(GalleryItem, error) bool) {
		for before, more := (MediaPlace{}), true; more; more = before != (MediaPlace{}) {
			page, err := c.Media(ctx, channel, kind, before, 0)
			if err != nil {
				yield(GalleryItem{}, err)
				return
			}
			for i := range page.Items {
				if !yield(page.Items[i], nil) {
					return
				}
			}
			before = page.Next
		}
	}
}
