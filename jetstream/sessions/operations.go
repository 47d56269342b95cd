package sessions

import (
	"cmp"
	"context"

	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Bind registers the operations that the registry answers.
func (r *Registry) Bind(to *operation.Table) {
	operation.Handle(to, func(ctx context.Context, c operation.Caller, _ wire.ListSessions) (reply wire.Sessions, err error) {
		reply.Sessions, err = r.List(ctx, c.User, c.Session)
		return reply, err
	})
	operation.Handle(to, func(ctx context.Context, c operation.Caller, cmd wire.SignOut) (wire.Done, error) {
		return wire.Done{}, r.SignOut(ctx, c.User, cmp.Or(cmd.Session, c.Session))
	})
}
