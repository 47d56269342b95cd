package channel

// What a channel holds at most. A state lies in the memory of every node, and is copied by each event that changes it.
const (
	MaxPins      = 100
	MaxInvites   = 50 // that have not expired
	MaxRequested = 500
	MaxBanned    = 1000
	MaxEmoji     = 50   // different ones, of one message
	maxSpoke     = 1000 // after that slow mode forgets the oldest; so many must have come, spoken and left within its time
)
