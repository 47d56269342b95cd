package main

import (
	"encoding/json"
	"slices"

	"natterjack/server/wire"
)

// transport is a channel of the document: an address, and the frames that it carries in each
// direction.
type transport struct {
	name, address, server, description string
	in, out                            []string // frames from and to the client
}

// transports returns the ways between clients and a node. The table of operations says which
// commands each of them carries.
func transports() []transport {
	asked, requested := commands(wire.ByAnybody, wire.ByClients, wire.BySessions, wire.ByConnections), commands(wire.ByAnybody, wire.ByClients, wire.BySessions)
	return []transport{
		{
			name: "websocket", address: wire.PathWebSocket, server: "web",
			description: "Text messages; several frames may stand in one, separated by a line feed. The close codes are under x-close-codes.",
			in:          asked,
			out:         append(repliesTo(asked), "event", "typing", "ping"),
		},
		{
			name: "stream", address: wire.PathStream, server: "http",
			description: "POST a connect frame; the answer is a stream of server-sent events, each with a frame as its data. " +
				"The last id, sent as Last-Event-ID, resumes after it. What it is to be told besides events is asked for at frames. " +
				"A client that wants to count as online answers each ping: it posts a pong, or anything else, to frames and names the session. " +
				"One that does not gets its events all the same.",
			in:  []string{"connect"},
			out: []string{"welcome", "event", "receipts", "presence", "profiles", "typing", "ping", "error"},
		},
		{
			name: "poll", address: wire.PathPoll, server: "http",
			description: "POST a connect frame; the answer is a welcome and the events that wait, one frame a line. Where nothing waits it is held back " +
				"for up to 25 s, or as long as the header \"Prefer: wait=SECONDS\" says.",
			in:  []string{"connect"},
			out: []string{"welcome", "event", "error"},
		},
		{
			name: "frames", address: wire.PathFrames, server: "http",
			description: "POST commands, one a line, with the header \"Authorization: Bearer TOKEN\"; the answer is their replies in the same order, one a line. " +
				"watch, follow_presence and set_presence need an open stream, on the same node, and its session in the header \"" + wire.HeaderSession + ": SESSION\". " +
				"Any request with that header, to any node, shows that the client of the stream is there.",
			in:  requested,
			out: repliesTo(requested),
		},
	}
}

const inbox = "inbox"

func (g *generator) channels() (c object) {
	for _, t := range transports() {
		channel := object{
			{"address", t.address},
			{"servers", []any{object{{"$ref", "#/servers/" + t.server}}}},
			{"description", t.description},
			{"messages", messageRefs(slices.Concat(t.in, t.out)...)},
		}
		if t.server == "web" {
			channel = append(channel, member{"bindings", object{{"ws", object{{"method", "GET"}}}}})
		}
		c = append(c, member{t.name, channel})
	}
	for _, f := range natsFrames() {
		c = append(c, member{"api_" + f.name, object{
			{"address", "api.{user}." + f.name},
			{"servers", natsServer()},
			{"description", "A NATS request: the command without its type, for the subject says it. An error has the headers Nats-Service-Error and " +
				"Nats-Service-Error-Code besides. The client_id that send, forward and create_group must have is taken from the header Nats-Msg-Id where it is missing."},
			{"parameters", object{{"user", object{{"description", "the acting user; permissions of NATS say who may act as whom"}}}}},
			{"messages", messageRefs(f.name + "_body")},
		}})
	}
	c = append(c, member{inbox, object{
		{"address", json.RawMessage("null")},
		{"servers", natsServer()},
		{"description", "The reply subject of a NATS request. It must be an inbox, _INBOX.>."},
		{"messages", messageRefs(repliesTo(commands(wire.ByAnybody))...)},
	}})
	return append(c, member{"log", object{
		{"address", "chat.{slot}.{channel}"},
		{"servers", natsServer()},
		{"description", "What the streams CHAT_{shard} store: read, replay and mirror it with JetStream. Only the node that orders a shard writes to it. A record counts if its version is the next of its channel; all others are void."},
		{"parameters", object{
			{"slot", object{{"description", "FNV-1a32(channel) mod 256, as {{partition(256,1)}} of NATS computes it; the metadata of CHAT_0 tells which shard holds it"}}},
			{"channel", object{{"description", "id of the channel"}}},
		}},
		{"messages", messageRefs("record")},
	}})
}

func natsServer() []any { return []any{object{{"$ref", "#/servers/nats"}}} }

// operations returns the operations as the server sees them, as AsyncAPI requires: the server
// receives commands and sends frames.
func (g *generator) operations() (o object) {
	for _, t := range transports() {
		for _, f := range frames() {
			switch {
			case slices.Contains(t.in, f.name):
				o = append(o, member{t.name + "_" + f.name, g.receive(f, t.name, f.name, replyIn(t, f))})
			case f.name == "event" || f.name == "ping" || f.name == "receipts" || f.name == "profiles":
				if slices.Contains(t.out, f.name) {
					o = append(o, member{t.name + "_" + f.name, g.send(t.name, f.name, f.goType.Name())})
				}
			}
		}
	}
	for _, f := range natsFrames() {
		reply := object{
			{"address", object{{"location", "$message.header#/reply"}, {"description", "the reply subject of the NATS message"}}},
			{"channel", object{{"$ref", "#/channels/" + inbox}}},
			{"messages", channelMessages(inbox, f.reply, "error")},
		}
		o = append(o, member{"api_" + f.name, g.receive(f, "api_"+f.name, f.name+"_body", reply)})
	}
	return append(o, member{"log_record", g.send("log", "record", "Record")})
}

// replyIn returns the channel on which a command is answered: the one that carried the command.
// A stream goes on after its welcome frame.
func replyIn(t transport, f frame) object {
	if f.reply == "" {
		return nil
	}
	return object{
		{"channel", object{{"$ref", "#/channels/" + t.name}}},
		{"messages", channelMessages(t.name, f.reply, "error")},
	}
}

func (g *generator) receive(f frame, channel, message string, reply object) object {
	o := g.operation("receive", channel, message, f.goType.Name())
	if reply != nil {
		o = append(o, member{"reply", reply})
	}
	return o
}

func (g *generator) send(channel, message, goType string) object {
	return g.operation("send", channel, message, goType)
}

func (g *generator) operation(action, channel, message, goType string) object {
	return object{
		{"action", action},
		{"channel", object{{"$ref", "#/channels/" + channel}}},
		{"summary", summary(g.docs.types[goType])},
		{"messages", channelMessages(channel, message)},
	}
}

func natsFrames() []frame {
	return slices.DeleteFunc(frames(), func(f frame) bool { return !f.nats() })
}

func messageRefs(names ...string) (m object) {
	for _, name := range names {
		m = append(m, member{name, object{{"$ref", "#/components/messages/" + name}}})
	}
	return m
}

func channelMessages(channel string, names ...string) (refs []any) {
	for _, name := range names {
		refs = append(refs, object{{"$ref", "#/channels/" + channel + "/messages/" + name}})
	}
	return refs
}
