// Package counted tells which of the messages of a shard's stream are events that count.
//
// Feeds and duties read a shard's stream by themselves, beside the follower. It must see the same
// events as the view: none that is void, none that only this node's copy of the stream has lost,
// and none before the view has it.
package counted

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"natterjack/jetstream/internal/copies"
	"natterjack/jetstream/internal/ordered"
	"natterjack/server/wire"
)

// View is the part of a node's view by which events are judged.
type View interface {
	// Accepted reports whether an event that was published at a position counts in its channel.
	Accepted(channel string, r *wire.Record, pos uint64) (bool, error)
}

// Judge judges the messages of one shard. It is for one goroutine.
type Judge struct {
	Shard int
	Kinds []wire.Kind // of the events that are wanted; all if empty
	Void  []wire.Kind // of those that are wanted even if they are void
	View  View
	Copy  *copies.Reader
	// Channel returns the channel of a subject, or "" if the subject belongs to no channel.
	Channel func(subject string) string
	// Await waits until the view has applied the shard up to a pos.
	Await func(ctx context.Context, pos uint64) error
}

// Events returns the wanted events among messages that follow a position in the stream. When it
// returns, the view has all of them.
func (j *Judge) Events(ctx context.Context, after uint64, msgs []ordered.Message) ([]wire.Event, error) {
	records := make([]copies.Record, len(msgs))
	for i := range msgs {
		records[i] = copies.Record{Pos: msgs[i].Seq, Subject: msgs[i].Subject, Data: msgs[i].Data}
	}
	records, err := j.Copy.Fill(ctx, after, records)
	if err != nil {
		return nil, err
	}
	if err := j.Await(ctx, msgs[len(msgs)-1].Seq); err != nil {
		return nil, fmt.Errorf("wait for the view: %w", err)
	}
	return j.judge(ctx, records)
}

func (j *Judge) judge(ctx context.Context, records []copies.Record) (events []wire.Event, err error) {
	for i := range records {
		r := &records[i]
		channel := j.Channel(r.Subject)
		if channel == "" || !j.mayWant(r.Data) {
			continue
		}
		record, err := wire.DecodeRecord(r.Data)
		if err != nil { // perhaps only in this copy
			whole, err := j.Copy.Whole(ctx, *r)
			if err != nil {
				return nil, err
			}
			if record, err = wire.DecodeRecord(whole.Data); err != nil {
				continue
			}
		}
		if !j.wants(record.Kind) {
			continue
		}
		takes, err := j.takes(channel, &record, r.Pos)
		if err != nil {
			return nil, err
		}
		if takes {
			events = append(events, wire.Event{Record: record, Shard: j.Shard, Pos: r.Pos, Channel: channel})
		}
	}
	return events, nil
}

// takes reports whether an event counts, or is wanted even if it does not.
func (j *Judge) takes(channel string, record *wire.Record, pos uint64) (bool, error) {
	if slices.Contains(j.Void, record.Kind) {
		return true, nil
	}
	return j.View.Accepted(channel, record, pos)
}

func (j *Judge) wants(kind wire.Kind) bool {
	return len(j.Kinds) == 0 || slices.Contains(j.Kinds, kind)
}

var leadingKind = []byte(`{"kind":"`)

// mayWant reports whether a record may be wanted. It looks only at the kind with which the writers
// of nodes begin each record: most readers want few of many events.
func (j *Judge) mayWant(record []byte) bool {
	rest, leads := bytes.CutPrefix(record, leadingKind)
	kind, _, ends := bytes.Cut(rest, []byte{'"'})
	return !leads || !ends || j.wants(wire.Kind(kind))
}
