package find

import (
	"context"
	"fmt"
	"time"

	"natterjack/search/index"
	"natterjack/search/query"
	"natterjack/search/words"
)

// ours is the index of this project.
type ours struct {
	conversation
	index *index.Index
	words *words.Dictionary
}

func openOurs(dir string, c conversation) (*ours, error) {
	x, err := index.Open(dir, index.Options{Pace: 2 * time.Second}) // as a node does
	if err != nil {
		return nil, err
	}
	o := &ours{conversation: c, index: x, words: &words.Dictionary{}}
	o.words.Split("語") // loads the dictionary
	return o, nil
}

func (o *ours) add(_ context.Context, messages []message) error {
	b := index.Batch{Positions: map[string]uint64{"s": messages[len(messages)-1].seq}}
	for _, m := range messages {
		b.Changes = append(b.Changes, index.Change{Put: &index.Message{
			Channel: m.channel, Seq: m.seq, Sender: m.sender, At: m.at, Fields: []string{m.text},
		}})
	}
	return o.index.Apply(b)
}

func (o *ours) newest(ctx context.Context, q string, channels []string, limit int) (int, error) {
	page, err := o.index.Search(ctx, index.Request{Query: query.Parse(q), Now: time.Now(), Channels: channels, Limit: limit}, o, o.words)
	return len(page.Hits), err
}

// Fields implements [index.Source]. To make a text takes about as long as to read it from a
// view.
func (o *ours) Fields(_ context.Context, _ string, seq uint64) ([]string, bool) {
	return []string{o.Text(int(seq) - 1)}, true
}

// shape implements merger.
func (o *ours) shape() (string, error) {
	s, err := o.index.Stats()
	return fmt.Sprint(s), err
}

// Close closes the index.
func (o *ours) Close() error { return o.index.Close() }
