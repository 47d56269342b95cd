package channel

import (
	"slices"

	"natterjack/server/wire"
)

// Same reports whether a stored event is the one that a command asks for. A client id that comes
// back with a different command is a conflict. The content of a deleted message is unknown, so a
// send with its client id counts as a retry.
func Same(r *wire.Record, cmd wire.Command) bool {
	if r.Kind == wire.KindNote {
		return is(r.Note, cmd)
	}
	switch c := cmd.(type) {
	case wire.Send:
		return r.Kind == wire.KindMessage && (r.Content == nil || sameContent(r.Content, &c.Content))
	case wire.Edit:
		return r.Kind == wire.KindEdit && r.Target == c.Seq && (r.Content == nil || sameEdit(r.Content, &c.Content))
	case wire.Delete:
		return r.Kind == wire.KindDelete && r.Target == c.Seq
	case wire.React:
		return r.Kind == wire.KindReaction && r.Target == c.Seq && sameEmoji(r.Emoji, c.Emoji) && r.Remove == c.Remove
	case wire.Set:
		return r.Kind == wire.KindSetting && r.Setting != nil && *r.Setting == wire.Setting{Name: c.Name, Value: c.Value}
	case wire.SubscribePush:
		return r.Kind == wire.KindSetting && sameSubscription(r, &c)
	case wire.UnsubscribePush:
		return r.Kind == wire.KindSetting && r.Setting != nil && r.Setting.Name == wire.PushSetting(c.ID) && r.Push == nil && (r.Setting.Value == "" || c.Version != 0)
	case wire.SetProfile:
		return r.Kind == wire.KindProfile && sameProfile(r.Profile, c.ProfileChange)
	case wire.Pin:
		return r.Kind == wire.KindPin && r.Target == c.Seq && r.Remove == c.Remove
	default:
		return r.Kind == wire.KindMeta && r.Meta != nil && sameMeta(r, r.Meta, cmd)
	}
}

// sameContent reports whether a command sends the content that was stored. Of a forwarded
// message only its origin counts, because its sender may have edited it since. The client has
// named the message, not its text.
func sameContent(stored, sent *wire.Content) bool {
	if stored.Forwarded != nil && sent.Forwarded != nil {
		return *stored.Forwarded == *sent.Forwarded
	}
	return given(stored).Equal(given(sent))
}

// sameSettings reports whether a command sets the same properties as an event. The event lacks
// those settings that already had the requested value.
func sameSettings(g *wire.GroupSettings, c *wire.UpdateChannel) bool {
	var asked, was settings
	given, had := *c, *g
	given.Picture, had.Picture = givenPicture(c.Picture), givenPicture(g.Picture)
	if err := asked.set(&given); err != nil {
		return false
	}
	was = asked
	was.take(&had)
	return asked == was && (g.Name == nil || c.Name != nil) && (g.Topic == nil || c.Topic != nil) &&
		(g.SlowModeS == nil || c.SlowModeS != nil) && (g.Archived == nil || c.Archived != nil) && (g.Picture == nil || c.Picture != nil)
}

// sameMeta reports whether a meta event is the one that a command asks for. It is exact except for
// two facts that an event does not tell: which settings already had the requested value, and which
// added users were already members.
func sameMeta(r *wire.Record, m *wire.Meta, cmd wire.Command) bool {
	is := func(action wire.Action, user string) bool {
		return m.Action == action && slices.Equal(m.Members, []string{user})
	}
	switch c := cmd.(type) {
	case wire.CreateGroup:
		name, err := cleanName(c.Name, wire.MaxGroupNameLen)
		return err == nil && m.Action == wire.ActionCreated && m.Name == name && slices.Equal(m.Members, sorted(append([]string{r.Sender}, c.Members...)))
	case wire.UpdateChannel:
		return m.Action == wire.ActionUpdated && m.Settings != nil && sameSettings(m.Settings, &c)
	case wire.AddMembers:
		return m.Action == wire.ActionAdded && len(without(m.Members, sorted(c.Members))) == 0
	case wire.RemoveMember:
		return is(wire.ActionBanned, c.User) && c.Ban || is(wire.ActionRemoved, c.User) && !c.Ban
	case wire.Unban:
		return is(wire.ActionUnbanned, c.User)
	case wire.SetRole:
		return is(wire.ActionRole, c.User) && m.Role == c.Role
	case wire.Leave:
		return m.Action == wire.ActionLeft || m.Action == wire.ActionDeleted
	case wire.CreateInvite:
		return m.Action == wire.ActionInvited && m.Invite != nil && *m.Invite == inviteOf(&c, When(r))
	case wire.RevokeInvite:
		return m.Action == wire.ActionInviteRevoked && m.Invite != nil && m.Invite.Hash == c.Hash
	case wire.Join:
		return (m.Action == wire.ActionJoined || m.Action == wire.ActionRequested) && m.Invite != nil && m.Invite.Hash == SecretHash(c.Secret)
	case wire.DeleteChannel:
		return m.Action == wire.ActionDeleted
	default:
		return false
	}
}
