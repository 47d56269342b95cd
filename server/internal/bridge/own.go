package bridge

import (
	"context"

	"natterjack/server/wire"
)

// own is how a session executes a command that is about the session itself. The table of
// operations answers all other commands.
type own struct {
	now    func(s *session, cmd wire.Command) // run by the owner, before it reads on
	call   func(s *session, ctx context.Context, cmd wire.Command) (outbound, error)
	before func(s *session, cmd wire.Command) // notes what the command says; then the table answers it
	answer func(s *session, cmd wire.Command) // asks the table, and answers in its own way
}

// named is an own together with the name of its command.
type named struct {
	name string
	own
}

// ownOperations returns the commands that sessions execute themselves, by name.
func ownOperations() map[string]own {
	all := map[string]own{}
	for _, n := range []named{
		now(func(*session, *wire.Pong) {}),
		now((*session).open),
		now((*session).setPresence),
		now((*session).watch),
		called((*session).follow),
		called((*session).refresh),
		noted((*session).sayRead),
		noted((*session).sayReceived),
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

func noted[C wire.Command](note func(*session, *C)) named {
	return named{nameOf[C](), own{before: func(s *session, cmd wire.Command) {
		c := cmd.(C)
		note(s, &c)
	}}}
}

func answered[C wire.Command](do func(*session, wire.Command)) named {
	return named{nameOf[C](), own{answer: do}}
}

// streamOperations returns the commands that a stream of server-sent events executes itself, by
// name.
func streamOperations() map[string]func(*stream, wire.Command) (outbound, error) {
	return map[string]func(*stream, wire.Command) (outbound, error){
		nameOf[wire.SetPresence]():    obeyed((*stream).setPresence),
		nameOf[wire.FollowPresence](): obeyed((*stream).follow),
		nameOf[wire.Watch]():          obeyed((*stream).watch),
	}
}

func obeyed[C wire.Command](do func(*stream, *C) (outbound, error)) func(*stream, wire.Command) (outbound, error) {
	return func(s *stream, cmd wire.Command) (outbound, error) {
		c := cmd.(C)
		return do(s, &c)
	}
}
