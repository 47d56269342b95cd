package wire

import (
	"strings"
	"unicode/utf8"
)

// MaxGroupNameLen is the length of a group's name in characters.
const MaxGroupNameLen = 100

const defaultLimit = 50

// Validate implements [Command]. It does not check the token; the code that verifies it does.
func (c Connect) Validate(Limits) error {
	if c.Version != Version {
		return Errorf(CodeUnsupported, "v: this server speaks only version %d of the protocol", Version)
	}
	if c.Resume != nil && (len(c.Resume.Positions) > 1024 || len(c.Resume.Epoch) > 64) {
		return Errorf(CodeInvalid, "resume: is not valid; take epoch and positions from the welcome frame")
	}
	return nil
}

// Validate implements [Command].
func (s Send) Validate(l Limits) error {
	if err := validDestination(s.Channel, s.To, s.ClientID); err != nil {
		return err
	}
	return s.Content.validate(l)
}

// Validate implements [Command].
func (f Forward) Validate(Limits) error {
	if err := f.validSeen(); err != nil {
		return err
	}
	switch {
	case !ValidChannel(f.From.Channel):
		return Errorf(CodeInvalid, "from.channel: is not the id of a channel")
	case f.From.Seq == 0:
		return Errorf(CodeInvalid, "from.seq: is missing; set it to the number of the message")
	}
	return validDestination(f.Channel, f.To, f.ClientID)
}

func validDestination(channel, to, clientID string) error {
	switch {
	case (channel == "") == (to == ""):
		return Errorf(CodeInvalid, "channel, to: set one of the two")
	case to != "" && !ValidUser(to):
		return invalidUser("to")
	case channel != "" && !ValidChannel(channel):
		return invalidChannel()
	case !ValidClientID(clientID):
		return invalidClientID()
	}
	return nil
}

func (c Content) validate(l Limits) error {
	switch {
	case c.Forwarded != nil:
		return Errorf(CodeInvalid, "content.forwarded: only the server sets it; use the command forward")
	case len(c.Text) > l.TextBytes:
		return Errorf(CodeTooLarge, "content.text: has %d bytes; at most %d are allowed", len(c.Text), l.TextBytes)
	case !utf8.ValidString(c.Text):
		return Errorf(CodeInvalid, "content.text: must be UTF-8")
	case strings.ContainsFunc(c.Text, forbiddenInText):
		return Errorf(CodeInvalid, "content.text: must not contain control characters other than tab and line breaks")
	case invisible(c.Text):
		return Errorf(CodeInvalid, "content.text: must not be empty")
	}
	return validMentions(c.Text, c.Mentions)
}

// Validate implements [Command].
func (g CreateGroup) Validate(l Limits) error {
	if !ValidClientID(g.ClientID) {
		return invalidClientID()
	}
	if err := validGroupName(g.Name); err != nil {
		return err
	}
	return validMembers(g.Members, l)
}

// Validate implements [Command].
func (h History) Validate(l Limits) error {
	if err := h.validSeen(); err != nil {
		return err
	}
	switch {
	case !ValidChannel(h.Channel):
		return invalidChannel()
	case h.Before != 0 && h.After != 0:
		return Errorf(CodeInvalid, "before, after: set at most one of the two")
	}
	return validLimit(h.Limit, l)
}

// Validate implements [Command].
func (c ListChannels) Validate(l Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if c.Before != nil && (c.Before.Active < 0 || !ValidChannel(c.Before.ID)) {
		return Errorf(CodeInvalid, "before: is not valid; take active and id from the last channel of the previous window")
	}
	return validLimit(c.Limit, l)
}

// Validate implements [Command].
func (c GetChannel) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if !ValidChannel(c.Channel) {
		return invalidChannel()
	}
	return nil
}

// Validate implements [Command].
func (c GetVersions) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if c.After < 0 {
		return Errorf(CodeInvalid, "after: must not be negative")
	}
	return validTarget(c.Channel, c.Seq, "")
}

// Validate implements [Command].
func (c GetPins) Validate(l Limits) error {
	return GetChannel{Ref: c.Ref, Seen: c.Seen, Channel: c.Channel}.Validate(l)
}

// Validate implements [Command].
func (r Refresh) Validate(Limits) error {
	if r.Token == "" {
		return Errorf(CodeInvalid, "token: is missing")
	}
	return nil
}

// Validate implements [Command].
func (Pong) Validate(Limits) error { return nil }

// LimitOr50 returns the number of events or channels that a command asks for.
func LimitOr50(limit int) int {
	if limit == 0 {
		return defaultLimit
	}
	return limit
}

func validLimit(limit int, l Limits) error {
	if limit < 0 || limit > l.HistoryEvents {
		return Errorf(CodeInvalid, "limit: must be 1 to %d", l.HistoryEvents)
	}
	return nil
}

func invalidUser(member string) *Error {
	return Errorf(CodeInvalid, "%s: a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", member, MaxUserLen)
}

func invalidChannel() *Error { return Errorf(CodeInvalid, "channel: is not the id of a channel") }

func invalidClientID() *Error {
	return Errorf(CodeInvalid, "client_id: must be 1 to %d printable ASCII characters without spaces", MaxClientIDLen)
}
