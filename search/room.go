package search

import (
	"encoding/json"

	"natterjack/server/wire"
)

// room is the room that is left on a page. Few pages come near to its end, so hits are not encoded
// to be measured as long as there is room for the most that they may take.
type room struct {
	bytes int
	exact bool // the bytes that the hits take, not the most that they may
}

// takes reports whether there is room for one more hit after others, and takes it in.
func (r *room) takes(before []wire.Hit, next *wire.Hit) (bool, error) {
	if !r.exact {
		if most, known := mostOf(next); known && r.bytes+most <= wire.MaxPageBytes {
			r.bytes += most
			return true, nil
		}
		r.exact, r.bytes = true, 0
		for i := range before {
			if err := r.measure(&before[i]); err != nil {
				return false, err
			}
		}
	}
	err := r.measure(next)
	return r.bytes <= wire.MaxPageBytes, err
}

func (r *room) measure(h *wire.Hit) error {
	encoded, err := json.Marshal(h)
	r.bytes += len(encoded)
	return err
}

// The most bytes that parts of a hit take in JSON.
const (
	ofHit       = 1 << 10
	ofMention   = 512
	ofHighlight = 128
	ofExcerpt   = 64
	ofByte      = 6 // of a text: \u0000
)

// mostOf returns the most bytes that a hit takes, if that is plain to see. A message with
// attachments is encoded to be measured.
func mostOf(h *wire.Hit) (bytes int, known bool) {
	c := &h.Content
	if len(c.Attachments) > 0 || c.Forwarded != nil || c.Rest != nil {
		return 0, false
	}
	bytes = ofHit + ofByte*(len(h.Channel)+len(h.ID)+len(h.Sender)+len(c.Text)) + ofHighlight*len(h.Highlights)
	for i := range c.Mentions {
		bytes += ofMention + ofByte*len(c.Mentions[i].User)
	}
	for i := range h.Excerpts {
		bytes += ofExcerpt + ofByte*len(h.Excerpts[i].Text) + ofHighlight*len(h.Excerpts[i].Highlights)
	}
	return bytes, true
}
