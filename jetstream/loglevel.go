package jetstream

// logLevel is the highest level of the log that this version reads and writes. Whoever adds a kind of event, or a member that changes
// what an event means, raises it.
var logLevel = 1
