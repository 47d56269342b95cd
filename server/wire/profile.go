package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of profiles.
const (
	MaxNameLen   = 64  // characters of a display name
	MaxStatusLen = 100 // characters of a status
	MaxZoneLen   = 64  // bytes
	MaxProfiles  = 100 // that one command asks for
)

// profileOperations are about the profiles of users.
var profileOperations = []*Operation{
	change[SetProfile](),
	read[GetProfiles, Profiles](),
	read[GetPictures, Pictures](),
}

// SetProfile changes those parts of the caller's profile that the command names. The others stay
// as they are, so two devices that change different parts do not undo each other's change. An
// empty value removes a part.
//
// A name is cleaned as the name of a group is. If the server takes names from an identity
// provider and is configured to let users set no other, a command with a name is refused with
// forbidden. The same holds for time zones.
//
// A profile is an event of kind profile in the user's own channel, so all devices of the user get
// each change. Everybody else who shares a channel with the user gets [Profiles].
type SetProfile struct {
	Ref
	ProfileChange
	ClientID string `json:"client_id,omitzero"`
}

// ProfileChange holds the parts of a profile that a change is about. The others are missing.
type ProfileChange struct {
	Name    *string  `json:"name,omitzero"`
	Picture *Picture `json:"picture,omitzero"`
	Zone    *string  `json:"zone,omitzero"` // of time: an IANA name such as Europe/Berlin
	Status  *Status  `json:"status,omitzero"`
	// Provided says that name and zone are from the user's identity provider. No client may set it.
	Provided bool `json:"provided,omitzero"`
}

// Status is what a user says about what they do now. Clients do not show it after Until.
type Status struct {
	Text  string `json:"text,omitzero"`
	Emoji string `json:"emoji,omitzero"` // one emoji
	Until int64  `json:"until,omitzero"` // Unix milliseconds; 0 is forever
}

// GetProfiles asks for the profiles of up to 100 users. Name and picture are for everybody, unless
// the server is configured otherwise. Zone and status are for users who share a channel with the
// user and are not blocked by them. If Channel is set, the caller must be a member of it, and the
// answer tells which of the users imitate another member.
//
// The answer takes work that depends on how many channels the caller and the users are in, and how
// many members Channel has. That work counts as further commands of the caller.
type GetProfiles struct {
	Ref
	Seen
	Users   []string `json:"users"`
	Channel string   `json:"channel,omitzero"`
}

// Profiles answers get_profiles with all requested users, in their order. A user without a profile,
// whom the server need not know, has only their id. The server also sends it by itself: when the
// profile of a user who shares a channel with the caller has changed. Then it never has imitates.
//
// Frames that the server sends by itself are not repeated: a client that reconnects, or polls, asks
// again for the profiles that it shows. Of two profiles of a user the one with the higher version
// counts.
type Profiles struct {
	Ref
	Users []Profile `json:"users"`
}

// Profile is what a user says about themselves, as far as the caller may see it.
type Profile struct {
	User    string   `json:"user"`
	Name    string   `json:"name,omitzero"` // in any script; other users may have the same name
	Picture *Picture `json:"picture,omitzero"`
	Zone    string   `json:"zone,omitzero"` // of time: an IANA name such as Europe/Berlin
	Status  *Status  `json:"status,omitzero"`
	Version uint64   `json:"version,omitzero"` // ascends with each change
	// A member of the channel that the command names, whose display name or id this user's display
	// name looks like, and who had it before. Clients warn, and show both ids.
	Imitates string `json:"imitates,omitzero"`
}

// Type implements [Command].
func (SetProfile) Type() string { return "set_profile" }

// Type implements [Command].
func (GetProfiles) Type() string { return "get_profiles" }

// Type implements [Frame].
func (Profiles) Type() string { return "profiles" }

// Place implements [Change].
func (c SetProfile) Place(user string) string { return OwnChannel(user) }

// Key implements [Change].
func (c SetProfile) Key() string { return c.ClientID }

// Validate implements [Command].
func (c SetProfile) Validate(Limits) error {
	switch {
	case c.ClientID != "" && !ValidClientID(c.ClientID):
		return invalidClientID()
	case c.Provided:
		return Errorf(CodeInvalid, "provided: only the server may set it")
	case c.Name == nil && c.Picture == nil && c.Zone == nil && c.Status == nil:
		return Errorf(CodeInvalid, "name, picture, zone, status: set at least one of them")
	case c.Zone != nil && *c.Zone != "" && !validZone(*c.Zone):
		return Errorf(CodeInvalid, "zone: must be an IANA name such as Europe/Berlin")
	}
	if c.Name != nil && *c.Name != "" {
		if err := validName(*c.Name, MaxNameLen); err != nil {
			return err
		}
	}
	if c.Picture != nil {
		if err := c.Picture.given(); err != nil {
			return err
		}
	}
	if c.Status != nil {
		return c.Status.validate()
	}
	return nil
}

func (s *Status) validate() error {
	switch {
	case !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, forbiddenInName) || utf8.RuneCountInString(s.Text) > MaxStatusLen:
		return Errorf(CodeInvalid, "status.text: must be one line of UTF-8 of at most %d characters", MaxStatusLen)
	case s.Emoji != "" && !validEmoji(s.Emoji):
		return Errorf(CodeInvalid, "status.emoji: must be one emoji")
	case s.Until < 0 || s.Until > maxInteger:
		return Errorf(CodeInvalid, "status.until: must be a time in Unix milliseconds, or 0 for forever")
	case s.Until != 0 && *s == Status{Until: s.Until}:
		return Errorf(CodeInvalid, "status.until: needs a text or an emoji that ends then")
	}
	return nil
}

// maxInteger is the greatest integer that every JSON library keeps exactly.
const maxInteger = 1<<53 - 1

// validZone reports whether a name has the form of the name of a time zone. It does not tell
// whether there is such a zone.
func validZone(name string) bool {
	parts := strings.Split(name, "/")
	for _, part := range parts {
		if part == "" || !all(part, func(c byte) bool {
			return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+'
		}) {
			return false
		}
	}
	return len(name) <= MaxZoneLen && len(parts) <= 3 && name[0] >= 'A' && name[0] <= 'Z' && name != "Local"
}

// Validate implements [Command].
func (c GetProfiles) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	switch {
	case c.Channel != "" && !ValidChannel(c.Channel):
		return invalidChannel()
	case len(c.Users) == 0:
		return Errorf(CodeInvalid, "users: is missing")
	case len(c.Users) > MaxProfiles:
		return Errorf(CodeTooLarge, "users: there are %d; at most %d are allowed", len(c.Users), MaxProfiles)
	}
	for i, u := range c.Users {
		if !ValidUser(u) {
			return invalidUser("users." + strconv.Itoa(i))
		}
	}
	return nil
}
