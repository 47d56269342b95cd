package wire

import "slices"

// Operation is a row of the table of operations: a command, the frame that answers it, who may ask, and
// what the answer waits for. Codec, transports, the NATS service, asyncapi.yaml and the tests of who may
// do what derive from the table: a new operation is a row here and a handler in jetstream/operation.
type Operation struct {
	Command Command // its zero value
	Reply   Frame   // the zero value of the frame that answers it, unless an error does; nil where nothing does
	Asker   Asker
	Waits   Waits

	decode func(data []byte) (Command, error) // a whole frame
	body   func(data []byte) (Command, error) // without its type
	reply  func(data []byte) (Frame, error)
}

// Asker says who may ask for an operation.
type Asker int

// Who may ask.
const (
	ByAnybody     Asker = iota // clients over all transports, and services over NATS
	ByClients                  // clients alone
	BySessions                 // clients, for a session: what is asked for ends with it
	ByConnections              // one connection of a client: the operation keeps the connection itself
)

// Waits says what an answer waits for: what waits for a commit is bounded apart from what reads.
type Waits int

// What is waited for.
const (
	ForRead   Waits = iota // this node's view
	ForCommit              // the log to store something
)

// Keyed is a command that must have a client id. A back end may give it in another place than the command.
type Keyed interface {
	Command
	Key() string
	// WithKey returns the command with that client id.
	WithKey(id string) Command
}

// Name is the type of the operation's command on the wire.
func (o *Operation) Name() string { return o.Command.Type() }

// Change reports whether the operation appends to the log of one channel.
func (o *Operation) Change() bool {
	_, ok := o.Command.(Change)
	return ok
}

// Body reads the command without its "type", as the NATS surface carries it: there the subject is the
// type. Nothing at all means all defaults. Errors are those of [DecodeCommand].
func (o *Operation) Body(data []byte) (Command, error) { return o.body(data) }

// NoReply stands for the reply of an operation that is not answered.
type NoReply struct{}

// Type implements [Frame].
func (NoReply) Type() string { return "" }

// Row makes a row of the table: a command, and the frame that answers it.
func Row[C Command, F Frame](asker Asker, waits Waits) *Operation {
	var command C
	o := &Operation{Command: command, Asker: asker, Waits: waits, decode: decodeCommand[C], body: decodeBody[C], reply: decodeFrame[F]}
	var reply F
	if reply.Type() != "" {
		o.Reply = reply
	}
	return o
}

// change makes the row of a change of a channel.
func change[C Change]() *Operation { return Row[C, Ack](ByAnybody, ForCommit) }

// read makes the row of what reads, for anybody.
func read[C Command, F Frame]() *Operation { return Row[C, F](ByAnybody, ForRead) }

// operations is the table: its rows stand beside their commands, a list for each topic.
var operations = slices.Concat(
	connectionOperations, messageOperations, groupOperations, historyOperations, settingOperations, receiptOperations, peopleOperations,
)

var (
	// commands are the rows by name.
	commands = byName(operations)
	// frames decode what the server sends, by name: replies, and what comes by itself.
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

// Operations returns the table, in the order of the documents.
func Operations() []*Operation { return slices.Clone(operations) }

// OperationOf returns the row of a command of the table.
func OperationOf(c Command) *Operation { return commands[c.Type()] }

// Offer adds a row to the table until remove is called. It is for tests that try out an operation, before anything
// reads the table: nothing guards it.
func Offer(o *Operation) (remove func()) {
	before := operations
	set := func(rows []*Operation) { operations, commands, frames = rows, byName(rows), replies(rows) }
	set(append(slices.Clone(before), o))
	return func() { set(before) }
}
