package channel

// The limits of a channel. Every node holds a state in memory, and each event that changes it
// copies it.
const (
	MaxPins      = 100
	MaxInvites   = 50 // that have not expired
	MaxRequested = 500
	MaxBanned    = 1000
	MaxEmoji     = 50 // different ones, on one message
	// After this many, the first is forgotten, and may use an invite again.
	maxRemoved = 1000
	// After this many, slow mode forgets the oldest. That many members must have joined, spoken
	// and left within its interval.
	maxSpoke = 1000
)
