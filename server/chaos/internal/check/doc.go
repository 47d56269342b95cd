// Package check compares the acks and events that users got in a run with the promises of a chat.
// Every member reads every acknowledged message once, unchanged and in one order, with seq dense
// from 1. Nothing appears that was not sent.
//
// It shares no code with the product, so that a mistake in one cannot hide the same mistake in
// the other.
package check
