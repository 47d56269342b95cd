package main

import (
	"reflect"

	"natterjack/server/wire"
)

// frame is a type of frame, and how it is used.
type frame struct {
	goType   reflect.Type
	name     string
	command  bool     // from the client
	nats     bool     // offered over NATS too
	reply    string   // the frame that answers the command, unless error does
	examples []string // names of golden frames
}

// frames are all types of frame, in the order of the document.
var frames = []frame{
	of(wire.Connect{}, frame{command: true, reply: "welcome", examples: []string{"connect", "connect_resume"}}),
	of(wire.Send{}, frame{command: true, nats: true, reply: "ack", examples: []string{"send_to", "send_channel"}}),
	of(wire.Forward{}, frame{command: true, nats: true, reply: "ack", examples: []string{"forward"}}),
	of(wire.Edit{}, frame{command: true, nats: true, reply: "ack", examples: []string{"edit"}}),
	of(wire.Delete{}, frame{command: true, nats: true, reply: "ack", examples: []string{"delete"}}),
	of(wire.React{}, frame{command: true, nats: true, reply: "ack", examples: []string{"react", "react_remove"}}),
	of(wire.Pin{}, frame{command: true, nats: true, reply: "ack", examples: []string{"pin"}}),
	of(wire.UpdateChannel{}, frame{command: true, nats: true, reply: "ack", examples: []string{"update_channel"}}),
	of(wire.AddMembers{}, frame{command: true, nats: true, reply: "ack", examples: []string{"add_members"}}),
	of(wire.RemoveMember{}, frame{command: true, nats: true, reply: "ack", examples: []string{"remove_member"}}),
	of(wire.Unban{}, frame{command: true, nats: true, reply: "ack", examples: []string{"unban"}}),
	of(wire.SetRole{}, frame{command: true, nats: true, reply: "ack", examples: []string{"set_role"}}),
	of(wire.Leave{}, frame{command: true, nats: true, reply: "ack", examples: []string{"leave"}}),
	of(wire.CreateInvite{}, frame{command: true, nats: true, reply: "ack", examples: []string{"create_invite"}}),
	of(wire.RevokeInvite{}, frame{command: true, nats: true, reply: "ack", examples: []string{"revoke_invite"}}),
	of(wire.Join{}, frame{command: true, nats: true, reply: "ack", examples: []string{"join"}}),
	of(wire.DeleteChannel{}, frame{command: true, nats: true, reply: "ack", examples: []string{"delete_channel"}}),
	of(wire.Set{}, frame{command: true, nats: true, reply: "ack", examples: []string{"set"}}),
	of(wire.GetSettings{}, frame{command: true, nats: true, reply: "settings", examples: []string{"get_settings"}}),
	of(wire.CreateGroup{}, frame{command: true, nats: true, reply: "channel", examples: []string{"create_group"}}),
	of(wire.History{}, frame{command: true, nats: true, reply: "page", examples: []string{"history", "history_before", "history_seen"}}),
	of(wire.ListChannels{}, frame{command: true, nats: true, reply: "channels", examples: []string{"list_channels", "list_channels_before"}}),
	of(wire.GetChannel{}, frame{command: true, nats: true, reply: "channel", examples: []string{"get_channel"}}),
	of(wire.GetVersions{}, frame{command: true, nats: true, reply: "versions", examples: []string{"get_versions"}}),
	of(wire.GetReactions{}, frame{command: true, nats: true, reply: "reactions", examples: []string{"get_reactions"}}),
	of(wire.GetPins{}, frame{command: true, nats: true, reply: "page", examples: []string{"get_pins"}}),
	of(wire.Read{}, frame{command: true, nats: true, reply: "done", examples: []string{"read"}}),
	of(wire.Received{}, frame{command: true, nats: true, reply: "done", examples: []string{"received"}}),
	of(wire.GetReceipts{}, frame{command: true, nats: true, reply: "receipts", examples: []string{"get_receipts"}}),
	of(wire.Watch{}, frame{command: true, reply: "done", examples: []string{"watch"}}),
	of(wire.SetPresence{}, frame{command: true, reply: "done", examples: []string{"set_presence"}}),
	of(wire.FollowPresence{}, frame{command: true, reply: "presence", examples: []string{"follow_presence"}}),
	of(wire.GetPresence{}, frame{command: true, nats: true, reply: "presence", examples: []string{"get_presence"}}),
	of(wire.SetTyping{}, frame{command: true, reply: "done", examples: []string{"set_typing"}}),
	of(wire.ListSessions{}, frame{command: true, nats: true, reply: "sessions", examples: []string{"list_sessions"}}),
	of(wire.SignOut{}, frame{command: true, nats: true, reply: "done", examples: []string{"sign_out"}}),
	of(wire.Refresh{}, frame{command: true, reply: "refreshed", examples: []string{"refresh"}}),
	of(wire.Pong{}, frame{command: true, examples: []string{"pong"}}),
	of(wire.Welcome{}, frame{examples: []string{"welcome"}}),
	of(wire.Ack{}, frame{examples: []string{"ack"}}),
	of(wire.Event{}, frame{examples: []string{"event_message", "event_meta", "event_forwarded", "event_edit", "event_delete", "event_reaction", "event_pin"}}),
	of(wire.Page{}, frame{examples: []string{"page", "page_folded"}}),
	of(wire.Channel{}, frame{examples: []string{"channel"}}),
	of(wire.Settings{}, frame{examples: []string{"settings"}}),
	of(wire.Channels{}, frame{examples: []string{"channels"}}),
	of(wire.Reactions{}, frame{examples: []string{"reactions"}}),
	of(wire.Versions{}, frame{examples: []string{"versions"}}),
	of(wire.Receipts{}, frame{examples: []string{"receipts", "receipts_moved"}}),
	of(wire.Done{}, frame{examples: []string{"done"}}),
	of(wire.Presence{}, frame{examples: []string{"presence", "presence_live"}}),
	of(wire.Typing{}, frame{examples: []string{"typing"}}),
	of(wire.Sessions{}, frame{examples: []string{"sessions"}}),
	of(wire.Refreshed{}, frame{examples: []string{"refreshed"}}),
	of(wire.Ping{}, frame{examples: []string{"ping"}}),
	of(new(wire.Error), frame{examples: []string{"error", "error_retry"}}),
}

func of(value interface{ Type() string }, f frame) frame {
	f.name = value.Type()
	f.goType = reflect.TypeOf(value)
	if f.goType.Kind() == reflect.Pointer {
		f.goType = f.goType.Elem()
	}
	return f
}
