package view

import (
	"testing"

	"natterjack/server/wire"
)

func TestFind(t *testing.T) {
	v := newView(t, Options{})
	group := "g" + "abcdefghijklmnopqrstuvwx"
	creation := event(t, 1, group, wire.KindMeta, wire.Record{
		Sender: "ann", ClientID: "made", Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Members: []string{"ann", "bob"}},
	})
	first, second := message(t, 4, group, 1), message(t, 5, group, 2)
	must(v.Apply(0, []Event{creation, first, second, created(t, 6, room, "ann", "bob")}, 0))(t)
	for _, c := range []struct {
		name                string
		channel, sender, id string
		want                *Event
	}{
		{"the first", group, "ann", "1", &first},
		{"the second", group, "ann", "2", &second},
		{"another sender's", group, "bob", "1", nil},
		{"another channel's", room, "ann", "1", nil},
		{"none", group, "ann", "3", nil},
		{"the creation's", group, "ann", "made", &creation},
		{"a sender and an id that run together", group, "an", "n1", nil},
	} {
		equal(t, c.name, must(v.Find(c.channel, c.sender, c.id))(t), c.want)
	}
}
