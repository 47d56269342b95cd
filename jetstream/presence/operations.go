package presence

import (
	"context"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Bind registers the operations that the tracker answers.
func (t *Tracker) Bind(to *operation.Table) {
	operation.Handle(to, func(_ context.Context, c operation.Caller, cmd wire.GetPresence) (wire.Presence, error) {
		return wire.Presence{Users: t.Get(c.User, cmd.Users)}, nil
	})
}

// Bind registers the operation that typing answers.
func (t *Typing) Bind(to *operation.Table) {
	operation.Handle(to, func(ctx context.Context, c operation.Caller, cmd wire.SetTyping) (wire.Done, error) {
		return wire.Done{}, t.Say(ctx, c.User, cmd.Channel)
	})
}
