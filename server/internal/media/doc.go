// Package media answers the operations about files: it takes files into storage, finds out their
// facts, and gives them to members.
//
// The bytes never pass the log, nor the sessions of clients. A client reserves room and gets URLs
// of storage. It uploads the file there, to up/ID. Then the server takes the file in: it fetches it
// once, checks it, cleans it, makes previews, and stores the result under m/ID/. Only that is ever
// given to others. The facts about a file go into a ticket, with which the client attaches the file
// to messages.
//
// The record of an upload (jetstream/uploads) says how far it has got, for all nodes. Each step can
// be repeated, after any crash and on any node, because its effect depends only on the record and
// on the stored bytes: the same file always gives the same objects. The record becomes ready last.
// Before that, nothing of the file can be seen by anybody.
package media
