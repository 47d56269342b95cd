package receipts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// Forget takes a user's cursor in a channel out of what this node holds, and with erase out of the stream, as far as it has got by now:
// for one who is no member any more. A cursor that moves meanwhile stays.
func (s *Store) Forget(ctx context.Context, channel, user string, erase bool) error {
	sh, k := s.of(channel), key{channel, user}
	_, rev := sh.table.get(k)
	if erase && rev != 0 {
		if err := sh.stream.erase(ctx, k, rev); err != nil {
			return fmt.Errorf("erase cursor: %w", err)
		}
	}
	sh.table.drop(k, rev)
	return nil
}

// erase takes the value out that the stream has of a cursor at a sequence. Where it does not have it, that is as well.
func (p *publisher) erase(ctx context.Context, k key, rev uint64) error {
	body, err := json.Marshal(map[string]any{"seq": rev, "no_erase": true}) // nothing that would have to be overwritten
	if err != nil {
		return err
	}
	answer, err := p.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.DELETE."+StreamName(p.shard), body)
	if err != nil {
		return err
	}
	var got struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &got); err != nil {
		return fmt.Errorf("parse answer: %w", err)
	}
	if got.Error == nil {
		return nil
	}
	if _, now, err := p.last(ctx, k); err != nil || now == rev {
		return got.Error
	}
	return nil
}

// drop takes out a cursor that has not moved since the stream had it at a sequence.
func (t *table) drop(k key, rev uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entries := t.channels[k.channel]
	i, found := find(entries, k.user)
	switch {
	case !found || entries[i].rev != rev:
	case len(entries) == 1:
		delete(t.channels, k.channel)
	default:
		t.channels[k.channel] = slices.Delete(entries, i, i+1)
	}
}
