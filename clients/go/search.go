package natter

import (
	"context"
	"iter"

	"natterjack/server/wire"
)

// Found is a page of hits that [Client.Search] returns.
type Found = wire.Found

// Hit is a message that a search has found.
type Hit = wire.Hit

// Highlight is a part of a text that was looked for. Its method Span gives the bytes.
type Highlight = wire.Highlight

// Matches are the people and the channels that [Client.Find] returns.
type Matches = wire.Matches

// Query says what [Client.Search] looks for. Text is in the language of search, as people type it:
//
//	kitchen "field recordings" -draft deploy* from:alice in:"Design team" after:7d has:image
type Query struct {
	Text    string
	By      wire.SearchOrder // by time unless set
	Channel string           // only in this channel, if set
	Zone    string           // of the dates in the text, such as "Asia/Tokyo"; UTC unless set
	After   string           // the Next of the page before
	Limit   int              // 20 unless set
}

// Search returns a page of the messages that the query finds in all of the user's channels. Like
// every query it is repeated over reconnects until ctx ends. If the server refuses it, the error is
// the server's [*Error].
func (c *Client) Search(ctx context.Context, q Query) (Found, error) {
	return ask[Found](ctx, c, wire.Search{Query: q.Text, By: q.By, Channel: q.Channel, Zone: q.Zone, After: q.After, Limit: q.Limit})
}

// AllHits returns all messages that the query finds, in as many pages as that takes. Limit is the
// most hits of one page. An error ends the list.
func (c *Client) AllHits(ctx context.Context, q Query) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		for more := true; more; more = q.After != "" {
			page, err := c.Search(ctx, q)
			if err != nil {
				yield(Hit{}, err)
				return
			}
			for i := range page.Hits {
				if !yield(page.Hits[i], nil) {
					return
				}
			}
			q.After = page.Next
		}
	}
}

// Find returns people who are in a channel with the user, and the user's channels, whose names
// begin with what was typed. A newer call cancels an older one that still runs on the server: that
// returns an error of the code superseded. A limit of 0 means 20.
func (c *Client) Find(ctx context.Context, typed string, limit int) (Matches, error) {
	return ask[Matches](ctx, c, wire.Find{Query: typed, Limit: limit})
}
