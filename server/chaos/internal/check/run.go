package check

// Run is what was asked, told and shown, after everything has come to rest.
type Run struct {
	Members   map[string][]string // of each channel
	Sends     []Send              // those of one lane in the order they were made
	Feeds     []Feed
	Histories []History
}

// Send is a message that somebody asked to be stored.
type Send struct {
	Lane                            string // sends of one lane were made one after the other, each after the answer to the one before
	Channel, Sender, ClientID, Text string
	Ack                             *Ack // nil where the sender was not told that it is stored; then it may be, once
	Refused                         bool // the sender was told that it is not stored
}

// Ack is what the sender was told.
type Ack struct {
	ID, ClientID, Channel string
	Seq, Pos              uint64
	Shard                 int
	Timestamp             int64
}

// Event is one event as it was shown. That of a channel's making has no Seq.
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

// Feed is what one device of a user was shown live, over all its connections, in the order it was shown. The device was there
// before its channels were made.
type Feed struct {
	Device, User string
	Events       []Event
}

// History is a channel's messages as pages gave them, first to last.
type History struct {
	Via     string // which node was asked
	Channel string
	Events  []Event
}
