package wire

import (
	"strings"
	"unicode/utf8"
)

// Limits of a group's own texts, and of its slow mode.
const (
	MaxGroupNameLen = 100  // characters
	MaxTopicLen     = 500  // characters
	MaxSlowModeS    = 3600 // seconds
)

// groupOperations make, change and delete groups.
var groupOperations = []*Operation{
	Row[CreateGroup, Channel](ByAnybody, ForCommit),
	change[UpdateChannel](),
	change[DeleteChannel](),
}

// CreateGroup makes a group of the caller and Members. A retry with the same ClientID returns
// the same group. A member who has blocked the caller cannot be named.
type CreateGroup struct {
	Ref
	ClientID string   `json:"client_id"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
}

// Type implements [Command].
func (CreateGroup) Type() string { return "create_group" }

// Validate implements [Command].
func (g CreateGroup) Validate(l Limits) error {
	if !ValidClientID(g.ClientID) {
		return invalidClientID()
	}
	if err := validName(g.Name, MaxGroupNameLen); err != nil {
		return err
	}
	return validMembers(g.Members, l)
}

// Key implements [Keyed].
func (g CreateGroup) Key() string { return g.ClientID }

// WithKey implements [Keyed].
func (g CreateGroup) WithKey(id string) Command { g.ClientID = id; return g }

// UpdateChannel changes those settings of a group that are set in the command. Only admins and
// the owner may change settings.
type UpdateChannel struct {
	Ref
	Channel   string  `json:"channel"`
	Name      *string `json:"name,omitzero"`
	Topic     *string `json:"topic,omitzero"`
	SlowModeS *int    `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool   `json:"archived,omitzero"`    // no member may write; all may read
	// Uploaded for this group and the purpose picture. One without an id removes the picture.
	Picture  *Picture `json:"picture,omitzero"`
	ClientID string   `json:"client_id,omitzero"`
}

// Type implements [Command].
func (UpdateChannel) Type() string { return "update_channel" }

// Validate implements [Command].
func (c UpdateChannel) Validate(Limits) error {
	if err := validChange(c.Channel, c.ClientID); err != nil {
		return err
	}
	switch {
	case c.Name == nil && c.Topic == nil && c.SlowModeS == nil && c.Archived == nil && c.Picture == nil:
		return Errorf(CodeInvalid, "name, topic, slow_mode_s, archived, picture: set at least one of them")
	case c.Topic != nil && (!utf8.ValidString(*c.Topic) || strings.ContainsFunc(*c.Topic, forbiddenInName) || utf8.RuneCountInString(*c.Topic) > MaxTopicLen):
		return Errorf(CodeInvalid, "topic: must be one line of UTF-8 of at most %d characters", MaxTopicLen)
	case c.SlowModeS != nil && (*c.SlowModeS < 0 || *c.SlowModeS > MaxSlowModeS):
		return Errorf(CodeInvalid, "slow_mode_s: must be 0 to %d seconds", MaxSlowModeS)
	}
	if c.Picture != nil {
		if err := c.Picture.given(); err != nil {
			return err
		}
	}
	if c.Name != nil {
		return validName(*c.Name, MaxGroupNameLen)
	}
	return nil
}

// Place implements [Change].
func (c UpdateChannel) Place(string) string { return c.Channel }

// Key implements [Change].
func (c UpdateChannel) Key() string { return c.ClientID }

// DeleteChannel ends a group for everybody and erases its log. Only the owner may delete a
// group.
type DeleteChannel struct {
	Ref
	Channel  string `json:"channel"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (DeleteChannel) Type() string { return "delete_channel" }

// Validate implements [Command].
func (c DeleteChannel) Validate(Limits) error { return validChange(c.Channel, c.ClientID) }

// Place implements [Change].
func (c DeleteChannel) Place(string) string { return c.Channel }

// Key implements [Change].
func (c DeleteChannel) Key() string { return c.ClientID }

// Meta is a change of a channel itself.
type Meta struct {
	Action   Action         `json:"action"`
	Kind     ChannelKind    `json:"kind,omitzero"`
	Name     string         `json:"name,omitzero"`
	Settings *GroupSettings `json:"settings,omitzero"` // the settings that changed
	Members  []string       `json:"members,omitzero"`  // the users the change is about
	// Seq of the last message before Members came or went. New members see the messages after
	// it; former members see those up to it.
	Seq  uint64 `json:"seq,omitzero"`
	Role Role   `json:"role,omitzero"`
	// Only in the log: clients do not get it. Users who manage invites have them by get_channel.
	Invite *Invite `json:"invite,omitzero"`
}

// Action is the action of a meta event.
type Action string

// The actions. Clients skip actions they do not know.
const (
	ActionCreated   Action = "created"   // the first event of every channel
	ActionUpdated   Action = "updated"   // settings has the settings that changed
	ActionAdded     Action = "added"     // the sender added members
	ActionJoined    Action = "joined"    // the sender joined by an invite
	ActionRequested Action = "requested" // the sender asks to join by an invite
	ActionLeft      Action = "left"      // the sender left
	// The sender removed members, or refused users who asked to join. Both kinds of users are
	// told.
	ActionRemoved       Action = "removed"
	ActionBanned        Action = "banned"   // the sender banned members, which also removes them
	ActionUnbanned      Action = "unbanned" // the sender unbanned members
	ActionRole          Action = "role"     // members got a role; if it is owner, the sender becomes an admin
	ActionInvited       Action = "invited"  // an invite was made or changed
	ActionInviteRevoked Action = "invite_revoked"
	ActionDeleted       Action = "deleted" // the channel was deleted; this is its last event
)

// GroupSettings are settings of a group. Each may be missing.
type GroupSettings struct {
	Name      *string  `json:"name,omitzero"`
	Topic     *string  `json:"topic,omitzero"`
	SlowModeS *int     `json:"slow_mode_s,omitzero"` // seconds between two messages of one member; 0 is off
	Archived  *bool    `json:"archived,omitzero"`    // no member may write; all may read
	Picture   *Picture `json:"picture,omitzero"`
}

// validName returns an error if a name of a group or a user is not one line, or is empty, or has
// more than so many characters.
func validName(name string, most int) error {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, forbiddenInName):
		return Errorf(CodeInvalid, "name: must be one line of UTF-8 without control or text-direction characters")
	case invisible(name) || utf8.RuneCountInString(name) > most:
		return Errorf(CodeInvalid, "name: must have 1 to %d characters", most)
	}
	return nil
}
