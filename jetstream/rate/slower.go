package rate

import "time"

// Minute is how many seconds of the clock are one of buckets that count by the minute.
const Minute = int64(time.Minute / time.Second)

// Slower returns the time of a clock that runs slower by a factor. Buckets count in seconds, and
// with such a clock in as many seconds as the factor says. A wait that they return is in that
// clock, too: multiply it.
func Slower(now time.Time, by int64) time.Time { return time.Unix(0, now.UnixNano()/by) }
