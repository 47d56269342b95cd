package pushlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
)

// Read returns the entries of a user, the newest first: those about devices, or all.
func (s *Store) Read(ctx context.Context, user string, devices bool) ([]Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	filter := Subject(user, true)
	if !devices {
		filter = "pushlog." + user + ".*"
	}
	msgs, err := s.direct(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("read the push log: %w", err)
	}
	var all []Entry
	for _, m := range msgs {
		seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
		var entries []Entry
		if err = errors.Join(err, json.Unmarshal(m.Data, &entries)); err != nil {
			return nil, fmt.Errorf("decode the push log: %w", err)
		}
		for i := range entries {
			entries[i].Pos = seq*perMessage + uint64(i%perMessage)
		}
		all = append(all, entries...)
	}
	slices.Reverse(all)
	return all, nil
}

// The codes with which the engine ends the answer to a direct get of several messages.
const (
	endOfBatch = "204"
	notFound   = "404"
)

// direct reads all messages of a filter, ascending, from any replica: a direct get of several
// messages (ADR-31), which nats.go does not make.
func (s *Store) direct(ctx context.Context, filter string) (msgs []*nats.Msg, err error) {
	inbox := s.log.Conn.NewRespInbox()
	sub, err := s.log.Conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only where the connection has ended
	body, err := json.Marshal(map[string]any{"seq": 1, "next_by_subj": filter, "batch": 2 * eachMost})
	if err != nil {
		return nil, err
	}
	if err := s.log.Conn.PublishRequest("$JS.API.DIRECT.GET."+StreamName, inbox, body); err != nil {
		return nil, err
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			msgs = append(msgs, m)
		case endOfBatch, notFound:
			return msgs, nil
		default:
			return nil, fmt.Errorf("the engine answered %s %s", status, m.Header.Get("Description"))
		}
	}
}
