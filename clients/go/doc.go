// Package natter is the Go client of Natterjack. It sends messages, reads events, and keeps both going through lost
// connections, restarted servers and stalled networks.
//
// # Life
//
// [New] makes a client and starts nothing. [Client.Run] connects and blocks until its context ends; every goroutine the
// client has belongs to it. The other methods may be called before, during and after Run, from any goroutine.
//
// # Sending
//
// [Client.Send] returns once the message is stored. It names the message with a client id of 128 random bits and
// repeats it under that name until the server answers or the context ends, so it is stored once. A message whose fate a
// lost connection left unknown is looked for in what the client missed and in its channel's history, and is written
// again only where it is in neither. A channel has one unanswered message at a time, so a repeat cannot be overtaken by
// the message after it; channels do not wait for each other.
//
// # Reading
//
// [Client.Events] yields each event of each of the user's channels once, and a channel's in the order of its log, across
// reconnects. The client's position moves with what the application has taken: [Client.Position] can be stored and
// handed to the next process in [Options].Resume. An application that takes events more slowly than they come is an old
// position, not memory: the client holds at most [Options].MaxEvents of them, stops reading for a moment, and then lets
// go of what it cannot hold and reads it again from the server when there is room. Replies to sends pass meanwhile, and
// a program that only sends need not call Events at all.
//
// Errors among the events are news, not the end: [DisconnectedError], and [ErrReset] for what could not be recovered.
// The last one, and only that, is [ErrFatal].
package natter
