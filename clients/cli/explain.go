package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// explain describes an error for a person: what happened and, if there is something to do about
// it, a hint.
func explain(err error) (text, hint string) {
	text = plain(err)
	lost, unacknowledged := errors.AsType[*natter.UnacknowledgedError](err)
	answer, answered := errors.AsType[*natter.Error](err)
	_, misused := errors.AsType[usageError](err)
	switch {
	case misused:
		return text, "natter --help says how, and so does --help after a command"
	case unacknowledged && lost.MayBeStored:
		text, _ = explain(lost.Err)
		return "the message may or may not be stored: " + text,
			fmt.Sprintf("send it again with --client-id %s: it will be stored once", lost.ClientID)
	case unacknowledged && lost.Err != nil:
		text, hint = explain(lost.Err)
		return "not sent: " + text, hint
	case answered:
		return string(answer.Code) + ": " + answer.Message, hints[answer.Code]
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time", "is the server running, and is --server right? --timeout says how long to try"
	case errors.Is(err, context.Canceled):
		return "interrupted", ""
	}
	if strings.Contains(text, "sign-in: HTTP status 404") {
		return text, "this server has no development sign-in: set NATTERJACK_TOKEN"
	}
	return text, ""
}

// plain returns the text of an error without the prefixes that are meant for programs.
func plain(err error) string {
	text := err.Error()
	for _, words := range []string{"natter: cannot go on: ", "natter: token source: ", "natter: "} {
		text = strings.ReplaceAll(text, words, "")
	}
	return text
}

// hints say what to do about the server's errors, for errors whose text does not already say
// it.
var hints = map[wire.Code]string{
	wire.CodeUnauthorized: "set NATTERJACK_TOKEN, or --token-file, to a token that this server takes",
	wire.CodeExpired:      "set NATTERJACK_TOKEN, or --token-file, to a newer token",
	wire.CodeForbidden:    "`natter channels` lists the channels you are a member of",
	wire.CodeUnsupported:  "the versions of natter and of the server do not fit together; update the older one",
	wire.CodeNotFound:     "the message may have been deleted, or you may have left the channel",
	wire.CodeStorageFull:  "the server's disk is full: tell its operator",
}
