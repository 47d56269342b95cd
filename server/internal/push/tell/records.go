package tell

import (
	"context"
	"slices"

	"natterjack/jetstream/pushlog"
	"natterjack/server/internal/push/devices"
	"natterjack/server/wire"
)

var _ devices.Records = (*Teller)(nil)

// States implements [devices.Records].
func (t *Teller) States(ctx context.Context, user string) (map[string]devices.State, error) {
	entries, err := t.store.Read(ctx, user, true)
	if err != nil {
		return nil, err
	}
	states := map[string]devices.State{}
	for i := range slices.Backward(entries) { // the oldest first
		e := &entries[i]
		s := states[e.ID]
		s.Version, s.Reason = max(s.Version, e.Version), ""
		switch e.Result {
		case wire.PushSent:
			s.State, s.Told = wire.PushOK, e.Timestamp
		case wire.PushLost:
			s.State, s.Reason = wire.PushGone, e.Reason
		default:
			s.State, s.Reason = wire.PushFailing, e.Reason
		}
		states[e.ID] = s
	}
	return states, nil
}

// Entries implements [devices.Records].
func (t *Teller) Entries(ctx context.Context, user string, cmd wire.GetPushLog) (entries []wire.PushLogEntry, more bool, err error) {
	all, err := t.store.Read(ctx, user, false)
	if err != nil {
		return nil, false, err
	}
	wanted := func(e *pushlog.Entry) bool {
		return (cmd.Before == 0 || e.Pos < cmd.Before) && (cmd.Channel == "" || e.Channel == cmd.Channel)
	}
	for i := range all {
		if !wanted(&all[i]) {
			continue
		}
		if len(entries) == cmd.Limit {
			return entries, true, nil
		}
		entries = append(entries, all[i].PushLogEntry)
	}
	return entries, false, nil
}
