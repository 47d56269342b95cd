package digests

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// StreamName is the name of the stream with addresses and states.
	StreamName = "DIGESTS"
	// MissedName is the name of the stream with the messages that users have missed.
	MissedName = "MISSED"

	// AddressAge is for how long an address, or a state, is kept after it was last written.
	AddressAge = 180 * 24 * time.Hour
	// MissedAge is for how long a note is kept. Older messages are no news.
	MissedAge = 7 * 24 * time.Hour
	// MostMissed is how many notes of a user are kept.
	MostMissed = 50

	// mostNotes bounds the notes of all users, at some 200 bytes each. The oldest are dropped.
	mostNotes = 2_000_000
	// sameNote is for how long the same note counts as one: longer than a new leader of a shard
	// repeats the work of the one before.
	sameNote = 5 * time.Minute
)

// AddressSubject returns the subject of a user's address.
func AddressSubject(user string) string { return "digest.address." + user }

// StateSubject returns the subject of a user's state.
func StateSubject(user string) string { return "digest.state." + user }

// MissedSubject returns the subject of the messages that a user has missed.
func MissedSubject(user string) string { return "missed." + user }

// streamConfig returns the configuration of the stream with addresses and states. It has no
// duplicate window, because each write names the record that it replaces.
func streamConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              StreamName,
		Description:       "digests by mail: digest.address.<user>, digest.state.<user>",
		Subjects:          []string{"digest.*.*"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		MaxAge:            AddressAge,
		Replicas:          replicas,
	}
}

// missedConfig returns the configuration of the stream with missed messages.
func missedConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              MissedName,
		Description:       "messages that users have missed and no digest has told them of: missed.<user>",
		Subjects:          []string{"missed.*"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: MostMissed,
		MaxMsgs:           mostNotes,
		MaxAge:            MissedAge,
		Duplicates:        sameNote,
		Replicas:          replicas,
	}
}
