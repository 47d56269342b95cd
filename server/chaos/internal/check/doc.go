// Package check compares what users were told and shown in a run with what a chat promises.
// Every member reads every acknowledged message once, unchanged and in one order, with seq
// dense from 1. Nothing appears that was not sent.
//
// It shares no code with the product, so that a mistake in one cannot hide the same mistake in
// the other.
package check
