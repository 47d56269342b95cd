// Package names finds names while a user types the beginnings of their words, in any order. It
// folds names as package text does. Kana and Latin letters stand for each other: tana finds たなか,
// and たな finds Tanaka. A name in Chinese characters is found by these characters alone, because
// nothing tells how a person reads theirs.
package names
