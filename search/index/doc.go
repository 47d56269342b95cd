// Package index is a node's index of messages, in Bleve. It is fed with the present state of
// messages, stores how far each shard was read in the same transaction, and answers queries newest
// first or best first. It stores no text: the caller of a search hands in a source, which knows the
// text and the users who may see it.
//
// Bleve's scorch keeps the index in segments, adds to it atomically, and merges segments. The
// evaluation of queries is our own. For each segment it makes the set of documents that may be
// hits, and it walks over these sets by blocks, from the newest block of any segment on, until
// the page is full. So the newest hits cost about the same in a small index and in a large one.
//
// Memory holds the time and the channel of each message, 16 bytes, and the letters of each word of
// a segment. So parts of words are found without an entry for each part of each word. All else is
// mapped from files. Files hold no word of a message that was removed or replaced once
// [Index.Scrub] has returned.
//
// An index may be handed a leisure. Then all work for it rests again and again while users come
// first, also that of Bleve's goroutines, within their segments and merges.
package index
