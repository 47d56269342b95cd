package digests

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"natterjack/jetstream/internal/api"
	"natterjack/jetstream/internal/pause"
	"natterjack/server/wire"
)

// atOnce is how many notes are written at a time.
const atOnce = 16

// Note is a message that a user has missed.
type Note struct {
	wire.ChannelSeq

	Place uint64    // of the note among all notes, ascending
	At    time.Time // when it was noted
}

// Note notes that users have missed a message. After an error it may be noted for some of them;
// note it again.
func (s *Store) Note(ctx context.Context, ref wire.ChannelSeq, users []string) error {
	body, err := json.Marshal(ref)
	if err != nil {
		return fmt.Errorf("digests: encode a note: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, user := range users {
		group.Go(func() error { return s.note(ctx, user, ref, body) })
	}
	return group.Wait()
}

func (s *Store) note(ctx context.Context, user string, ref wire.ChannelSeq, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		m := nats.NewMsg(MissedSubject(user))
		m.Data = body
		m.Header.Set(jetstream.MsgIDHeader, user+"/"+ref.Channel+"/"+strconv.FormatUint(ref.Seq, 10))
		_, _, err := api.PublishMsg(ctx, s.log.Conn, m)
		switch {
		case err == nil:
			return nil
		case !api.UnderWay(err) || pause.For(ctx, 10*time.Millisecond) != nil:
			return fmt.Errorf("digests: note a missed message: %w", err)
		}
	}
}

// Missed returns the notes of a user behind a place, ascending. A message that was noted more than
// once is returned once, with the first of these notes.
func (s *Store) Missed(ctx context.Context, user string, after uint64) (notes []Note, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	known := map[wire.ChannelSeq]bool{}
	for range MostMissed {
		m, err := api.Next(ctx, s.log.Conn, MissedName, MissedSubject(user), after+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("digests: %w", err)
		}
		after = m.Sequence
		n := Note{Place: m.Sequence, At: m.Time}
		if err := json.Unmarshal(m.Data, &n.ChannelSeq); err != nil || known[n.ChannelSeq] {
			continue // a note of a newer version is none that this one could tell
		}
		known[n.ChannelSeq] = true
		notes = append(notes, n)
	}
	return notes, nil
}
