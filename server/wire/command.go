package wire

// Command is a frame from a client. It gets one reply, which carries its ref.
type Command interface {
	// Type returns the frame's name on the wire.
	Type() string
	// Reference returns the client's own number for the command. The reply repeats it.
	Reference() uint64
	// Validate returns an [*Error] of code [CodeInvalid] if the command itself is wrong. It
	// knows limits but no channels: the log decides whether the command is allowed.
	Validate(Limits) error
}

// Frame is a frame from the server.
type Frame interface {
	// Type returns the frame's name on the wire.
	Type() string
}

// Ref numbers a command within its session. Zero is allowed if the client does not need to
// match the reply.
type Ref struct {
	Ref uint64 `json:"ref,omitzero"`
}

// Reference implements [Command].
func (r Ref) Reference() uint64 { return r.Ref }

// Number sets the ref of the command.
func (r *Ref) Number(ref uint64) { r.Ref = ref }

// Change is a command that appends to the log of one channel. Its reply is an ack, and every member
// of the channel gets the event. A retry with the same Key is answered with the first ack. A
// command whose effect is already in place changes nothing and is acked, and a retry of it gets
// that ack, even if the channel has changed since. A refusal is not kept: a command that was
// refused may succeed when it comes again.
type Change interface {
	Command
	// Place returns the channel whose log the command changes when user gives it.
	Place(user string) string
	// Key returns the client's own id for the command, or "" if the client gave none.
	Key() string
}

// Keyed is a command that must have a client id. A back end may give the id outside the
// command.
type Keyed interface {
	Command
	Key() string
	// WithKey returns the command with that client id.
	WithKey(id string) Command
}

// Cut is a reply that has parts, as many as fit into a page. A transport with a size limit may
// leave out some of them. Replies of all other types are small: see [Operation.Weight].
type Cut interface {
	Frame
	// Parts returns the number of parts.
	Parts() int
	// Some returns the frame with n of its parts: those nearest to the requested start. The
	// frame says that there are more.
	Some(n int) Frame
}

// NoReply stands for the reply of an operation that has no reply.
type NoReply struct{}

// Type implements [Frame].
func (NoReply) Type() string { return "" }

// Done answers a command whose reply has nothing else to say.
type Done struct {
	Ref
}

// Type implements [Frame].
func (Done) Type() string { return "done" }

const defaultLimit = 50

// LimitOr50 returns the number of events or channels that a command asks for.
func LimitOr50(limit int) int {
	if limit == 0 {
		return defaultLimit
	}
	return limit
}

func validLimit(limit int, l Limits) error {
	if limit < 0 || limit > l.HistoryEvents {
		return Errorf(CodeInvalid, "limit: must be 1 to %d", l.HistoryEvents)
	}
	return nil
}

func validChange(channel, clientID string) error {
	switch {
	case !ValidChannel(channel):
		return invalidChannel()
	case clientID != "" && !ValidClientID(clientID):
		return invalidClientID()
	}
	return nil
}

func validTarget(channel string, seq uint64, clientID string) error {
	if seq == 0 {
		return Errorf(CodeInvalid, "seq: is missing; set it to the number of the message")
	}
	return validChange(channel, clientID)
}
