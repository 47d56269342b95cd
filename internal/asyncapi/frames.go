package main

import (
	"reflect"
	"slices"

	"natterjack/server/wire"
)

// frame is a type of frame and the way in which it is used.
type frame struct {
	goType  reflect.Type
	name    string
	command bool       // from the client
	asker   wire.Asker // which connections may send a command
	reply   string     // the frame that answers the command, unless it is refused
}

// nats reports whether the command is offered over NATS too.
func (f frame) nats() bool { return f.command && f.asker == wire.ByAnybody }

// unasked are the frames that answer no command.
var unasked = []wire.Frame{wire.Event{}, wire.Typing{}, wire.Ping{}, new(wire.Error)}

// frames returns all types of frame, in the order of the document: first the commands, in the
// order of the table of operations, then their replies, then the frames that answer no command.
func frames() (all []frame) {
	add := func(f frame) {
		if !slices.ContainsFunc(all, func(o frame) bool { return o.name == f.name }) {
			all = append(all, f)
		}
	}
	for _, o := range wire.Operations() {
		f := of(o.Command)
		f.command, f.asker = true, o.Asker
		if o.Reply != nil {
			f.reply = o.Reply.Type()
		}
		add(f)
	}
	for _, o := range wire.Operations() {
		if o.Reply != nil {
			add(of(o.Reply))
		}
	}
	for _, f := range unasked {
		add(of(f))
	}
	return all
}

// commands returns the names of the commands that the given askers may send.
func commands(whom ...wire.Asker) (names []string) {
	for _, f := range frames() {
		if f.command && slices.Contains(whom, f.asker) {
			names = append(names, f.name)
		}
	}
	return names
}

// repliesTo returns the names of the frames that answer the given commands.
func repliesTo(names []string) (replies []string) {
	for _, f := range frames() {
		if slices.Contains(names, f.name) && f.reply != "" && !slices.Contains(replies, f.reply) {
			replies = append(replies, f.reply)
		}
	}
	return append(replies, "error")
}

func of(value interface{ Type() string }) (f frame) {
	f.name = value.Type()
	f.goType = reflect.TypeOf(value)
	if f.goType.Kind() == reflect.Pointer {
		f.goType = f.goType.Elem()
	}
	return f
}
