package wire

import "slices"

// Operation is a row of the table of operations: a command, the frame that answers it, who may
// give it, and what the answer waits for. The codec, the transports, the NATS service,
// asyncapi.yaml and the tests of permissions derive from the table. A new operation needs a row
// beside its command and a handler in jetstream/operation.
type Operation struct {
	Command Command // zero value of the command
	// Zero value of the frame that answers the command, unless an error does; nil if nothing
	// answers it.
	Reply Frame
	Asker Asker
	Waits Waits

	decode func(data []byte) (Command, error) // a whole frame
	body   func(data []byte) (Command, error) // a frame without its type
	reply  func(data []byte) (Frame, error)
}

// Name returns the type of the operation's command on the wire.
func (o *Operation) Name() string { return o.Command.Type() }

// Change reports whether the operation appends to the log of one channel.
func (o *Operation) Change() bool {
	_, ok := o.Command.(Change)
	return ok
}

// Weight returns about how many bytes the operation's reply takes at most.
func (o *Operation) Weight() int {
	switch o.Reply.(type) {
	case nil, Done, Ack, Refreshed:
		return 0
	case Cut:
		return MaxPageBytes + pageSlack
	default:
		return maxWhole
	}
}

// Body reads the command without its "type". The NATS service carries commands this way, because
// there the subject is the type. Empty data means that all members have their defaults. Errors are
// the same as of [DecodeCommand].
func (o *Operation) Body(data []byte) (Command, error) { return o.body(data) }

// Asker says who may use an operation.
type Asker int

// The askers.
const (
	ByAnybody     Asker = iota // clients over all transports, and services over NATS
	ByClients                  // clients only
	BySessions                 // clients, for a session: the effect ends with the session
	ByConnections              // one connection of a client: the operation maintains the connection itself
)

// Waits names the things that an answer waits for. Operations that wait for a commit have a limit
// of their own, separate from reads.
type Waits int

// The things that an answer may wait for.
const (
	ForRead   Waits = iota // this node's view
	ForCommit              // the log, until it has stored something
)

// Row returns a row of the table: a command and the frame that answers it.
func Row[C Command, F Frame](asker Asker, waits Waits) *Operation {
	var command C
	o := &Operation{Command: command, Asker: asker, Waits: waits, decode: decodeCommand[C], body: decodeBody[C], reply: decodeFrame[F]}
	var reply F
	if reply.Type() != "" {
		o.Reply = reply
	}
	return o
}

// change returns the row of a [Change].
func change[C Change]() *Operation { return Row[C, Ack](ByAnybody, ForCommit) }

// read returns the row of an operation that reads and is open to anybody.
func read[C Command, F Frame]() *Operation { return Row[C, F](ByAnybody, ForRead) }

// operations is the table. Each topic has one file: its commands, its replies, their rows, limits
// and validation.
var operations = slices.Concat(
	connectionOperations,
	messageOperations, reactionOperations, pinOperations,
	groupOperations, memberOperations, inviteOperations,
	historyOperations, galleryOperations, searchOperations, channelOperations,
	settingOperations, profileOperations, receiptOperations, presenceOperations, sessionOperations,
	uploadOperations, pushOperations,
)

var (
	// commands are the rows by name.
	commands = byName(operations)
	// frames has the decoders of server frames by name: of replies, and of frames the server
	// sends by itself.
	frames = replies(operations)
)

func byName(rows []*Operation) map[string]*Operation {
	named := make(map[string]*Operation, len(rows))
	for _, o := range rows {
		named[o.Name()] = o
	}
	return named
}

func replies(rows []*Operation) map[string]func(data []byte) (Frame, error) {
	named := map[string]func(data []byte) (Frame, error){
		"event":  decodeFrame[Event],
		"typing": decodeFrame[Typing],
		"ping":   decodeFrame[Ping],
		"error":  decodeFrame[*Error],
	}
	for _, o := range rows {
		if o.Reply != nil {
			named[o.Reply.Type()] = o.reply
		}
	}
	return named
}

// Operations returns the table, in the order used by the documents.
func Operations() []*Operation { return slices.Clone(operations) }

// OperationOf returns the row of a command.
func OperationOf(c Command) *Operation { return commands[c.Type()] }

// Offer adds a row to the table until remove is called. It is for tests that try out an
// operation. It must be called before anything reads the table, because it takes no lock.
func Offer(o *Operation) (remove func()) {
	before := operations
	set := func(rows []*Operation) { operations, commands, frames = rows, byName(rows), replies(rows) }
	set(append(slices.Clone(before), o))
	return func() { set(before) }
}
