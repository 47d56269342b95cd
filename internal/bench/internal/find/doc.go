// Package find fills a search index with a corpus, and asks it for the newest messages with
// some text in 1, 20 and 500 channels. It does the same with SQLite's full-text index.
package find
