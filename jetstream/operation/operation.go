// Package operation answers operations: it has one handler for each row of the table of operations that is
// not a change of a channel, whoever offers it (the log, presence, sessions), for every surface that asks
// (WebSocket, HTTP, NATS). Changes do not come here: they join the queue of their channel's shard.
package operation

import (
	"context"
	"fmt"
	"runtime/debug"

	"natterjack/server/wire"
)

const (
	// maxReads bounds the answers that are read at once on a node, for each is up to half a megabyte.
	maxReads = 128
	// maxCommits bounds the answers that wait for a commit: during an election that takes seconds, and costs a goroutine.
	maxCommits = 1024
)

// Gate is what stands before every handler. [*jetstream.Log] is one.
type Gate interface {
	// Charge counts a command against its user's rate, or refuses it.
	Charge(user string) error
	// AwaitSeen waits until this node shows what the caller has seen elsewhere.
	AwaitSeen(ctx context.Context, seen []wire.ShardPos) error
}

// Caller is who asks.
type Caller struct {
	User    string
	Session string // the caller's session; empty for a back end
}

// Table has the handlers of a node. Handlers are added before the first question; then its methods may be called concurrently.
type Table struct {
	gate     Gate
	handlers map[string]handler
	places   map[wire.Waits]chan struct{}
}

type handler func(ctx context.Context, c Caller, cmd wire.Command) (wire.Frame, error)

// New makes a table without handlers.
func New(gate Gate) *Table {
	return &Table{
		gate: gate, handlers: map[string]handler{},
		places: map[wire.Waits]chan struct{}{wire.ForRead: make(chan struct{}, maxReads), wire.ForCommit: make(chan struct{}, maxCommits)},
	}
}

// numbered is a pointer to a reply, which can be given the ref of its command.
type numbered[F any] interface {
	*F
	Number(ref uint64)
}

// Handle has an operation answered by do, which may be called concurrently. The reply need not carry the command's
// ref. A second handler for an operation, or one for what is not in the table, is a mistake in the program.
func Handle[C wire.Command, F wire.Frame, P numbered[F]](t *Table, do func(ctx context.Context, c Caller, cmd C) (F, error)) {
	var none C
	if t.Handles(none) || wire.OperationOf(none) == nil {
		panic("operation: there is a handler already, or no row, for " + none.Type())
	}
	t.handlers[none.Type()] = func(ctx context.Context, c Caller, cmd wire.Command) (wire.Frame, error) {
		reply, err := do(ctx, c, cmd.(C))
		if err != nil {
			return nil, err
		}
		P(&reply).Number(cmd.Reference())
		return reply, nil
	}
}

// Handles reports whether somebody on this node answers an operation.
func (t *Table) Handles(cmd wire.Command) bool { return t.handlers[cmd.Type()] != nil }

// Charge counts what a surface does itself against the user's rate, as Answer does for what it answers.
func (t *Table) Charge(user string) error { return t.gate.Charge(user) }

// Answer answers a command that is valid, within ctx: it is charged to its user, waits for a place among those that wait for the
// same, and for what its user has seen elsewhere. A panic costs this command alone. Errors are [*wire.Error]s, those of ctx, or faults of ours.
func (t *Table) Answer(ctx context.Context, c Caller, cmd wire.Command) (f wire.Frame, err error) {
	if err := t.gate.Charge(c.User); err != nil {
		return nil, err
	}
	do := t.handlers[cmd.Type()]
	if do == nil {
		return nil, wire.Errorf(wire.CodeUnavailable, "%s: this node does not offer it", cmd.Type())
	}
	place := t.places[wire.OperationOf(cmd).Waits]
	select {
	case place <- struct{}{}:
		defer func() { <-place }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("%s: panic: %v\n%s", cmd.Type(), p, debug.Stack())
		}
	}()
	if reader, ok := cmd.(interface{ Known() []wire.ShardPos }); ok {
		if err := t.gate.AwaitSeen(ctx, reader.Known()); err != nil {
			return nil, err
		}
	}
	return do(ctx, c, cmd)
}
