package decide

import "time"

// Facts are all that a decision depends on: facts about a message, about a recipient, and about the
// recipient's settings.
type Facts struct {
	Message   Message
	Recipient Recipient
	Settings  Settings
}

// Message holds the facts about a message, and about its channel, that a decision depends on.
type Message struct {
	Sender  string
	Text    string
	At      time.Time
	Direct  bool // the channel is a direct one
	Deleted bool
	// Mentioned says that the message mentions the recipient by name.
	Mentioned bool
	// Reply says that the message answers one of the recipient.
	Reply bool
	// Everybody says that the message mentions everybody in the channel. Here says that it mentions
	// the connected members.
	Everybody, Here bool
}

// Recipient holds the facts about the user who might be told that a decision depends on.
type Recipient struct {
	Name   string
	Member bool // at the place of the message in the log, and now
	// Blocked says that the recipient has blocked the sender.
	Blocked bool
	// Hidden says that the recipient has hidden the message.
	Hidden bool
	Read   bool // on any device
	// Present says that the recipient was connected when the message was sent, as an @here counts.
	Present bool
	// Active says that the recipient uses a device now, where the message is seen without being
	// told.
	Active bool
	// FreeAt is when the recipient's rate allows the next notification. The zero time is now.
	FreeAt time.Time
}

// Level says of which messages of a channel a user wants to be told.
type Level string

// The levels.
const (
	LevelAll      Level = "all"
	LevelMentions Level = "mentions"
	LevelNone     Level = "none"
)

// Settings are the settings of a user, for one channel and for all.
type Settings struct {
	Level Level
	Muted bool
	// MutedUntil is when the channel is not muted any more. The zero time is never.
	MutedUntil time.Time
	// OnlyByName says that mentions of everybody do not count as mentions.
	OnlyByName bool
	Keywords   []string // words whose messages count as mentions
	People     []string // users whose messages count as mentions

	// SnoozedUntil is how long the user does not want to be told anything.
	SnoozedUntil time.Time
	Quiet        Schedule

	// PassMute says which messages are told although the channel is muted, or its level is none.
	// PassQuiet says which messages are told during a snooze and quiet hours.
	PassMute, PassQuiet Pass
}

// Pass says which messages pass a gate. The zero value lets nothing pass.
type Pass struct {
	Mentions bool // by name, and replies
	Keywords bool
	People   bool
}
