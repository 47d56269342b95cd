// Package natter is the Go client of Natterjack. It sends messages and reads events, and goes
// on with both through lost connections, restarted servers and stalled networks.
//
// # Life
//
// [New] makes a client and starts nothing. [Client.Run] connects and blocks until its context
// ends. Every goroutine of the client belongs to Run. The other methods may be called before,
// during and after Run, from any goroutine.
//
// # Sending
//
// [Client.Send] returns once the message is stored. It gives the message a client id of 128
// random bits. It repeats the message under that id until the server answers or the context
// ends, so the message is stored once. When a connection is lost, it may be unknown whether a
// message was stored. The client then searches for the message in the events that it missed and
// in the history of the channel. It writes the message again only if it is in neither. A
// channel has one unanswered message at a time, so the next message cannot overtake a repeat.
// Channels do not wait for each other.
//
// # Files
//
// [Client.Upload] brings a file to the server's storage and [WithAttachments] sends it;
// [Client.Download] saves it. Both go on where they were after a lost connection, and when the
// program is started again. Neither has more than some hundred KiB of a file in memory.
//
// # Reading
//
// [Client.Events] yields each event of each of the user's channels once, across reconnects. The
// events of one channel come in the order of its log. The position of the client moves with the
// events that the application has taken. An application can store [Client.Position] and hand it
// to the next process in [Options].Resume. For an application that takes events more slowly
// than they come, the client keeps an old position, not a growing buffer. The client holds at
// most [Options].MaxEvents events. It then stops reading for a moment. After that it drops the
// events that it cannot hold, and reads them again from the server when there is room. Replies
// to sends still come through meanwhile, and a program that only sends need not call Events at
// all.
//
// Errors among the events only report something, and do not end the sequence: [DisconnectedError],
// and [ErrReset] for events that could not be recovered. Only the last error is an [ErrFatal].
package natter
