package bridge

import (
	"context"

	"natterjack/server/wire"
)

// own is how the bridge executes a command that is about the connection itself. The table of
// operations answers all other commands.
type own struct {
	// obey is for commands whose effect lasts as long as a connection. Clients that cannot send
	// commands on the connection send them in requests that name it.
	obey   func(a *attachment, cmd wire.Command) (outbound, error)
	before func(a *attachment, cmd wire.Command) // notes the receipts of the command; then the table answers it

	// The rest is for sessions only.
	now    func(s *session, cmd wire.Command) // run by the owner, before it reads on
	call   func(s *session, ctx context.Context, cmd wire.Command) (outbound, error)
	answer func(s *session, cmd wire.Command) // asks the table, and answers in its own way
}

// named is an own together with the name of its command.
type named struct {
	name string
	own
}

// ownOperations returns the commands that the bridge executes itself, by name.
func ownOperations() map[string]own {
	all := map[string]own{}
	for _, n := range []named{
		now(func(*session, *wire.Pong) {}),
		now((*session).cancel),
		now((*session).open),
		obeyedAtOnce((*attachment).setPresence),
		obeyedAtOnce((*attachment).watch),
		obeyed((*attachment).follow),
		called((*session).refresh),
		noted((*attachment).sayRead),
		noted((*attachment).sayReceived),
		answered[wire.GetReceipts]((*session).answerReceipts),
	} {
		all[n.name] = n.own
	}
	return all
}

func nameOf[C wire.Command]() string {
	var none C
	return none.Type()
}

func now[C wire.Command](do func(*session, *C)) named {
	return named{nameOf[C](), own{now: func(s *session, cmd wire.Command) {
		c := cmd.(C)
		do(s, &c)
	}}}
}

func called[C wire.Command, F outbound](do func(*session, context.Context, *C) (F, error)) named {
	return named{nameOf[C](), own{call: func(s *session, ctx context.Context, cmd wire.Command) (outbound, error) {
		c := cmd.(C)
		return do(s, ctx, &c)
	}}}
}

// obeyed names the handler of a command that may block.
func obeyed[C wire.Command](do func(*attachment, *C) (outbound, error)) named {
	obey := func(a *attachment, cmd wire.Command) (outbound, error) {
		c := cmd.(C)
		return do(a, &c)
	}
	return named{nameOf[C](), own{obey: obey, call: func(s *session, _ context.Context, cmd wire.Command) (outbound, error) {
		return obey(&s.attachment, cmd)
	}}}
}

// obeyedAtOnce names the handler of a command that applies to everything that the session's client
// sends afterwards.
func obeyedAtOnce[C wire.Command](do func(*attachment, *C) (outbound, error)) named {
	n := obeyed(do)
	n.call = nil
	n.now = func(s *session, cmd wire.Command) {
		done, err := n.obey(&s.attachment, cmd)
		s.push(s.bridge.outcome(s.ID, cmd, done, err))
	}
	return n
}

func noted[C wire.Command](note func(*attachment, *C)) named {
	return named{nameOf[C](), own{before: func(a *attachment, cmd wire.Command) {
		c := cmd.(C)
		note(a, &c)
	}}}
}

func answered[C wire.Command](do func(*session, wire.Command)) named {
	return named{nameOf[C](), own{answer: do}}
}
