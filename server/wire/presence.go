package wire

import "strconv"

// MaxFollowed is the largest number of users in one command, and so the largest number that a
// session follows.
const MaxFollowed = 200

// presenceOperations are about which users are online, and which are typing.
var presenceOperations = []*Operation{
	Row[SetPresence, Done](BySessions, ForRead),
	Row[FollowPresence, Presence](BySessions, ForRead),
	read[GetPresence, Presence](),
	Row[SetTyping, Done](ByClients, ForRead),
}

// PresenceState tells whether a user is online.
type PresenceState string

// The states. A user with several sessions has the state that comes first in this list. Clients
// treat a state they do not know as unknown.
const (
	PresenceOnline    PresenceState = "online"
	PresenceAway      PresenceState = "away"
	PresenceInvisible PresenceState = "invisible" // set by the user; all others see offline
	PresenceOffline   PresenceState = "offline"   // the user has no session that answers
	PresenceUnknown   PresenceState = "unknown"   // the caller may not see the user's presence
)

// SetPresence sets how this session counts, until it ends. A session begins as online, and others
// see that after one second. A user who wants to come unseen sends SetPresence right after connect.
// The presence of a user is the presence of the user's most visible session. A session that does
// not answer pings counts as offline meanwhile. A user who comes back within five seconds was never
// away, and a user who comes and goes again and again is online.
type SetPresence struct {
	Ref
	State PresenceState `json:"state"` // online, away or invisible
}

// Type implements [Command].
func (SetPresence) Type() string { return "set_presence" }

// Validate implements [Command].
func (s SetPresence) Validate(Limits) error {
	switch s.State {
	case PresenceOnline, PresenceAway, PresenceInvisible:
		return nil
	default:
		return Errorf(CodeInvalid, "state: must be online, away or invisible")
	}
}

// FollowPresence asks for the presence of up to 200 users and for every change of it. It lasts
// until the session ends or the command is sent again; the new users then replace the old ones.
type FollowPresence struct {
	Ref
	Users []string `json:"users"`
}

// Type implements [Command].
func (FollowPresence) Type() string { return "follow_presence" }

// Validate implements [Command]. If Users is empty, no user is followed.
func (f FollowPresence) Validate(Limits) error { return validUsers(f.Users) }

// GetPresence asks for the presence of up to 200 users, once.
type GetPresence struct {
	Ref
	Users []string `json:"users"`
}

// Type implements [Command].
func (GetPresence) Type() string { return "get_presence" }

// Validate implements [Command].
func (g GetPresence) Validate(Limits) error { return validUsers(g.Users) }

// Presence answers follow_presence and get_presence with all requested users. The server also
// sends it by itself, at most once a second, with those followed users whose presence has
// changed.
type Presence struct {
	Ref
	Users []UserPresence `json:"users"`
}

// Type implements [Frame].
func (Presence) Type() string { return "presence" }

// UserPresence is the presence of a user as the caller may see it.
type UserPresence struct {
	User  string        `json:"user"`
	State PresenceState `json:"state"` // never invisible
	// When the user, not being invisible, was last heard, Unix milliseconds; 0 if unknown or if
	// the user is not offline.
	LastSeen int64 `json:"last_seen,omitzero"`
}

func validUsers(users []string) error {
	if len(users) > MaxFollowed {
		return Errorf(CodeTooLarge, "users: there are %d; at most %d are allowed", len(users), MaxFollowed)
	}
	for i, u := range users {
		if !ValidUser(u) {
			return invalidUser("users." + strconv.Itoa(i))
		}
	}
	return nil
}

// SetTyping says that the caller is writing a message. Clients should send it every three
// seconds while the user writes. The server passes it on at most once in two seconds and does
// not store it. A client that gets none for six seconds may take it that the user has stopped.
type SetTyping struct {
	Ref
	Channel string `json:"channel"`
}

// Type implements [Command].
func (SetTyping) Type() string { return "set_typing" }

// Validate implements [Command].
func (t SetTyping) Validate(Limits) error {
	if !ValidChannel(t.Channel) {
		return invalidChannel()
	}
	return nil
}

// Typing tells that a member is writing. It is sent always in direct channels, and in groups
// only while the group is watched.
type Typing struct {
	Channel string `json:"channel"`
	User    string `json:"user"`
}

// Type implements [Frame].
func (Typing) Type() string { return "typing" }
