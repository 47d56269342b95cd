// Package match decides whether a message is a hit, how good a hit it is, and which parts to
// highlight. An index may find too much: its tokens have no positions, and a pair of characters may
// belong to two words. Here each hit is verified against the original text.
package match
