// Package check holds what people were told and shown in a run against what a chat promises: every acknowledged message is read by
// every member, once, in one order, with seq dense from 1, unchanged, and nothing appears that nobody sent.
//
// It shares no code with the product, so that a mistake in the one is not excused by the same mistake in the other.
package check
