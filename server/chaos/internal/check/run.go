package check

// Run is everything that was asked, told and shown, after all activity has ended.
type Run struct {
	Members   map[string][]string // by channel
	Sends     []Send              // the sends of one lane in the order in which they were made
	Feeds     []Feed
	Histories []History
}

// Send is a message that a user sent.
type Send struct {
	// Lane groups sends that were made one after the other, each after the answer to the one
	// before.
	Lane                            string
	Channel, Sender, ClientID, Text string
	Ack                             *Ack // nil if the sender got no ack; then the message may be stored, at most once
	Refused                         bool // the sender was told that it is not stored
}

// Ack is the ack that the sender got for a stored message.
type Ack struct {
	ID, ClientID, Channel string
	Seq, Pos              uint64
	Shard                 int
	Timestamp             int64
}

// Event is one event as it was shown. The event that makes a channel has no Seq.
type Event struct {
	Channel   string
	Shard     int
	Pos       uint64
	Seq       uint64
	ID        string
	ClientID  string
	Sender    string
	Text      string
	Timestamp int64
}

// Feed holds the events that one device of a user got live, over all its connections, in the order
// in which they came. The device was connected before its channels were made.
type Feed struct {
	Device, User string
	Events       []Event
}

// History is a channel's messages as read in pages, first to last.
type History struct {
	Via     string // the node that was asked
	Channel string
	Events  []Event
}
