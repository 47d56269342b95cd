package wire

import "strconv"

// MaxFollowed is how many people one command asks for, and so how many a session follows.
const MaxFollowed = 200

// maxSessionLen bounds what is taken for the id of a session, in bytes.
const maxSessionLen = 64

// peopleOperations are about who is there.
var peopleOperations = []*Operation{
	Row[SetPresence, Done](BySessions, ForRead),
	Row[FollowPresence, Presence](BySessions, ForRead),
	read[GetPresence, Presence](),
	Row[SetTyping, Done](ByClients, ForRead),
	read[ListSessions, Sessions](),
	read[SignOut, Done](),
}

// PresenceState is whether somebody is there.
type PresenceState string

// The states. Of somebody's sessions the first in this list counts. Clients take one they do not know for unknown.
const (
	PresenceOnline    PresenceState = "online"
	PresenceAway      PresenceState = "away"
	PresenceInvisible PresenceState = "invisible" // set by oneself, and offline to all others
	PresenceOffline   PresenceState = "offline"   // has no session
	PresenceUnknown   PresenceState = "unknown"   // not for the one who asks to see
)

// SetPresence says how this session counts, from now until it ends. A session begins as online, which others see after a second:
// whoever wants to come unseen sends this right behind connect. The presence of a person is that of the most visible of his sessions.
type SetPresence struct {
	Ref
	State PresenceState `json:"state"` // online, away or invisible
}

// FollowPresence asks for the presence of up to 200 people, and for every change of it until the session ends or this is sent
// again, with other people in place of these.
type FollowPresence struct {
	Ref
	Users []string `json:"users"`
}

// GetPresence asks for the presence of up to 200 people, once.
type GetPresence struct {
	Ref
	Users []string `json:"users"`
}

// SetTyping says that the caller is writing a message. It is worth sending every three seconds while he does, is passed on once
// in two, and is not stored; who gets none for six seconds may take it that he has stopped.
type SetTyping struct {
	Ref
	Channel string `json:"channel"`
}

// ListSessions asks for the caller's sessions.
type ListSessions struct {
	Ref
}

// SignOut ends one of the caller's sessions, wherever it is, and with it all others of the same token, which is good for nothing
// from then on.
type SignOut struct {
	Ref
	Session string `json:"session"`
}

// Presence answers follow_presence and get_presence with all who were asked for, and comes by itself with those who are followed
// and have changed, at most once a second.
type Presence struct {
	Ref
	Users []UserPresence `json:"users"`
}

// UserPresence is how somebody appears to the one who is told.
type UserPresence struct {
	User     string        `json:"user"`
	State    PresenceState `json:"state"`              // never invisible
	LastSeen int64         `json:"last_seen,omitzero"` // of who is offline: since when, Unix milliseconds; 0 where not known
}

// Typing tells that a member is writing: in a direct channel always, in a group while it is watched.
type Typing struct {
	Channel string `json:"channel"`
	User    string `json:"user"`
}

// Sessions answers list_sessions. A node that does not answer within a third of a second is left out.
type Sessions struct {
	Ref
	Sessions []Session `json:"sessions"`
}

// Session is one of one's own.
type Session struct {
	ID        string `json:"id"`
	Started   int64  `json:"started"`          // Unix milliseconds
	Transport string `json:"transport"`        // websocket, stream or poll; a poll is one only while it waits
	Address   string `json:"address,omitzero"` // of the client, as the node saw it: behind a proxy, the proxy's
	Agent     string `json:"agent,omitzero"`   // what the client calls itself (User-Agent), the first 100 characters
	Current   bool   `json:"current,omitzero"` // the one that asks
}

// Validate implements [Command].
func (s SetPresence) Validate(Limits) error {
	switch s.State {
	case PresenceOnline, PresenceAway, PresenceInvisible:
		return nil
	default:
		return Errorf(CodeInvalid, "state: online, away or invisible")
	}
}

// Validate implements [Command]. Nobody is followed where Users is empty.
func (f FollowPresence) Validate(Limits) error { return validUsers(f.Users) }

// Validate implements [Command].
func (g GetPresence) Validate(Limits) error { return validUsers(g.Users) }

// Validate implements [Command].
func (t SetTyping) Validate(Limits) error {
	if !ValidChannel(t.Channel) {
		return invalidChannel()
	}
	return nil
}

// Validate implements [Command].
func (ListSessions) Validate(Limits) error { return nil }

// Validate implements [Command].
func (s SignOut) Validate(Limits) error {
	if s.Session == "" || len(s.Session) > maxSessionLen {
		return Errorf(CodeInvalid, "session: take the id from list_sessions")
	}
	return nil
}

func validUsers(users []string) error {
	if len(users) > MaxFollowed {
		return Errorf(CodeTooLarge, "users: %d, at most %d are allowed", len(users), MaxFollowed)
	}
	for i, u := range users {
		if !ValidUser(u) {
			return invalidUser("users." + strconv.Itoa(i))
		}
	}
	return nil
}

// Type implements [Command].
func (SetPresence) Type() string { return "set_presence" }

// Type implements [Command].
func (FollowPresence) Type() string { return "follow_presence" }

// Type implements [Command].
func (GetPresence) Type() string { return "get_presence" }

// Type implements [Command].
func (SetTyping) Type() string { return "set_typing" }

// Type implements [Command].
func (ListSessions) Type() string { return "list_sessions" }

// Type implements [Command].
func (SignOut) Type() string { return "sign_out" }

// Type implements [Frame].
func (Presence) Type() string { return "presence" }

// Type implements [Frame].
func (Typing) Type() string { return "typing" }

// Type implements [Frame].
func (Sessions) Type() string { return "sessions" }
