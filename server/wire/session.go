package wire

// maxSessionLen is the largest length of a session id, in bytes.
const maxSessionLen = 64

// sessionOperations are about a user's sessions.
var sessionOperations = []*Operation{
	read[ListSessions, Sessions](),
	read[SignOut, Done](),
}

// ListSessions asks for the caller's sessions.
type ListSessions struct {
	Ref
}

// Type implements [Command].
func (ListSessions) Type() string { return "list_sessions" }

// Validate implements [Command].
func (ListSessions) Validate(Limits) error { return nil }

// Sessions answers list_sessions. It leaves out the sessions of nodes that do not answer within
// a third of a second, and has 256 KiB at most.
type Sessions struct {
	Ref
	Sessions []Session `json:"sessions"`
}

// Type implements [Frame].
func (Sessions) Type() string { return "sessions" }

// Session is one of the caller's own sessions.
type Session struct {
	ID        string `json:"id"`
	Started   int64  `json:"started"`   // Unix milliseconds
	Transport string `json:"transport"` // websocket, stream or poll; a poll is listed only while it waits
	// Address of the client as the node saw it. Behind a proxy it is the proxy's.
	Address string `json:"address,omitzero"`
	// The client's name for itself (User-Agent), the first 100 characters.
	Agent   string `json:"agent,omitzero"`
	Current bool   `json:"current,omitzero"` // the session that asks
}

// SignOut ends one of the caller's sessions, on whichever node it is, and all other sessions with
// the same token. The token is revoked. Without a session it ends the session that asks. Over
// [PathFrames] it ends every session that the token of the request has opened.
type SignOut struct {
	Ref
	Session string `json:"session,omitzero"`
}

// Type implements [Command].
func (SignOut) Type() string { return "sign_out" }

// Validate implements [Command].
func (s SignOut) Validate(Limits) error {
	if len(s.Session) > maxSessionLen {
		return Errorf(CodeInvalid, "session: is not valid; take the id from list_sessions")
	}
	return nil
}
