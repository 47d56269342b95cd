// Package operation answers operations. It has one handler for each row of the table of
// operations that is not a change of a channel. The log, presence and sessions offer the
// handlers. Every surface (WebSocket, HTTP, NATS) asks them. Changes do not come here: they
// join the queue of their channel's shard.
package operation

import (
	"context"
	"fmt"
	"runtime/debug"

	"natterjack/server/wire"
)

const (
	// maxReads bounds the answers that are read at the same time on a node, because each is up
	// to half a megabyte.
	maxReads = 128
	// maxCommits bounds the answers that wait for a commit. During an election that takes
	// seconds, and each costs a goroutine.
	maxCommits = 1024
)

// Gate is checked before every handler. [*jetstream.Log] implements it.
type Gate interface {
	// Charge counts a command against its user's rate, or refuses it.
	Charge(user string) error
	// AwaitSeen waits until this node shows the events that the caller has seen elsewhere.
	AwaitSeen(ctx context.Context, seen []wire.ShardPos) error
}

// Caller is the user and session that send a command.
type Caller struct {
	User    string
	Session string // the caller's session; empty for a back end
}

// Table has the handlers of a node. Handlers are added before the first question. After that
// its methods may be called concurrently.
type Table struct {
	gate     Gate
	handlers map[string]handler
	places   map[wire.Waits]chan struct{}
}

type handler func(ctx context.Context, c Caller, cmd wire.Command) (wire.Frame, error)

// New creates a table without handlers.
func New(gate Gate) *Table {
	return &Table{
		gate: gate, handlers: map[string]handler{},
		places: map[wire.Waits]chan struct{}{wire.ForRead: make(chan struct{}, maxReads), wire.ForCommit: make(chan struct{}, maxCommits)},
	}
}

// numbered is a pointer to a reply that can be given the ref of its command.
type numbered[F any] interface {
	*F
	Number(ref uint64)
}

// Handle registers do as the handler of an operation. Do may be called concurrently. Its reply
// need not carry the command's ref. A second handler for an operation is a programming error,
// as is a handler for an operation that is not in the table.
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

// Handles reports whether this node has a handler for an operation.
func (t *Table) Handles(cmd wire.Command) bool { return t.handlers[cmd.Type()] != nil }

// Charge counts a surface's own work against the user's rate, as Answer does for the commands
// that it answers.
func (t *Table) Charge(user string) error { return t.gate.Charge(user) }

// Answer answers a valid command, within ctx. It charges the command to its user. It waits for a
// place among the commands that wait for the same thing, and for the events that the user has seen
// elsewhere. A panic fails this command alone. Errors are [*wire.Error]s, the error of ctx, or
// internal faults.
func (t *Table) Answer(ctx context.Context, c Caller, cmd wire.Command) (f wire.Frame, err error) {
	if err := t.gate.Charge(c.User); err != nil {
		return nil, err
	}
	do := t.handlers[cmd.Type()]
	if do == nil {
		return nil, wire.Errorf(wire.CodeUnavailable, "%s: this node does not offer this operation", cmd.Type())
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
