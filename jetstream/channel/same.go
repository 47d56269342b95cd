package channel

import (
	"natterjack/server/wire"
)

// Same reports whether a stored event is what a command asks for: a client id that comes back with another wish is a conflict.
func Same(e *Event, cmd wire.Command) bool {
	r := &e.Record
	switch c := cmd.(type) {
	case wire.Send:
		return e.Kind == wire.KindMessage && r.Content != nil && r.Content.Equal(c.Content)
	case wire.Edit:
		return e.Kind == wire.KindEdit && r.Target == c.Seq && r.Content != nil && r.Content.Equal(c.Content)
	case wire.Delete:
		return e.Kind == wire.KindDelete && r.Target == c.Seq
	case wire.React:
		return e.Kind == wire.KindReaction && r.Target == c.Seq && r.Emoji == c.Emoji && r.Remove == c.Remove
	case wire.Pin:
		return e.Kind == wire.KindPin && r.Target == c.Seq && r.Remove == c.Remove
	case wire.CreateGroup:
		_, err := DecideCreate(Apply(nil, "", e.Kind, 0, r), &Create{Creator: r.Sender, ClientID: c.ClientID, Name: c.Name, Members: c.Members}, Env{})
		return err == nil
	default:
		return e.Kind == wire.KindMeta && r.Meta != nil
	}
}
