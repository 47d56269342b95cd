package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a channel's own texts and of additions to a message.
const (
	MaxTopicLen   = 500  // characters
	MaxSlowModeS  = 3600 // seconds
	MaxInviteS    = 365 * 24 * 3600
	MaxInviteUses = 100_000
	MaxSecretLen  = 128 // bytes
	MinSecretLen  = 22  // 128 bits in base64
	// Bytes. Two kissing people with different skin tones take 35, the longest emoji in Unicode
	// 17.
	MaxEmojiLen   = 48
	MaxMentions   = 50 // of one message
	inviteHashLen = 64
)

// Validate implements [Command].
func (c Edit) Validate(l Limits) error {
	if err := validTarget(c.Channel, c.Seq, c.ClientID); err != nil {
		return err
	}
	return c.Content.validate(l)
}

// Validate implements [Command].
func (c Delete) Validate(Limits) error { return validTarget(c.Channel, c.Seq, c.ClientID) }

// Validate implements [Command].
func (c React) Validate(Limits) error {
	if err := validTarget(c.Channel, c.Seq, c.ClientID); err != nil {
		return err
	}
	if !validEmoji(c.Emoji) {
		return Errorf(CodeInvalid, "emoji: must be one emoji, at most %d bytes", MaxEmojiLen)
	}
	return nil
}

// Validate implements [Command].
func (c Pin) Validate(Limits) error { return validTarget(c.Channel, c.Seq, c.ClientID) }

// Validate implements [Command].
func (c UpdateChannel) Validate(Limits) error {
	if err := validChange(c.Channel, c.ClientID); err != nil {
		return err
	}
	switch {
	case c.Name == nil && c.Topic == nil && c.SlowModeS == nil && c.Archived == nil:
		return Errorf(CodeInvalid, "name, topic, slow_mode_s, archived: set at least one of them")
	case c.Topic != nil && (!utf8.ValidString(*c.Topic) || strings.ContainsFunc(*c.Topic, forbiddenInName) || utf8.RuneCountInString(*c.Topic) > MaxTopicLen):
		return Errorf(CodeInvalid, "topic: must be one line of UTF-8 of at most %d characters", MaxTopicLen)
	case c.SlowModeS != nil && (*c.SlowModeS < 0 || *c.SlowModeS > MaxSlowModeS):
		return Errorf(CodeInvalid, "slow_mode_s: must be 0 to %d seconds", MaxSlowModeS)
	case c.Name != nil:
		return validGroupName(*c.Name)
	}
	return nil
}

// Validate implements [Command].
func (c AddMembers) Validate(l Limits) error {
	if err := validChange(c.Channel, c.ClientID); err != nil {
		return err
	}
	if len(c.Members) == 0 {
		return Errorf(CodeInvalid, "members: must name at least one user")
	}
	return validMembers(c.Members, l)
}

// Validate implements [Command].
func (c RemoveMember) Validate(Limits) error { return validUserChange(c.Channel, c.User, c.ClientID) }

// Validate implements [Command].
func (c Unban) Validate(Limits) error { return validUserChange(c.Channel, c.User, c.ClientID) }

// Validate implements [Command].
func (c SetRole) Validate(Limits) error {
	if !c.Role.Valid() {
		return Errorf(CodeInvalid, "role: must be owner, admin, member or reader")
	}
	return validUserChange(c.Channel, c.User, c.ClientID)
}

// Validate implements [Command].
func (c Leave) Validate(Limits) error { return validChange(c.Channel, c.ClientID) }

// Validate implements [Command].
func (c CreateInvite) Validate(Limits) error {
	switch {
	case c.ExpiresS < 0 || c.ExpiresS > MaxInviteS:
		return Errorf(CodeInvalid, "expires_s: must be 0 to %d seconds", MaxInviteS)
	case c.Uses < 0 || c.Uses > MaxInviteUses:
		return Errorf(CodeInvalid, "uses: must be 0 to %d", MaxInviteUses)
	}
	return validInvite(c.Channel, c.Hash, c.ClientID)
}

// Validate implements [Command].
func (c RevokeInvite) Validate(Limits) error { return validInvite(c.Channel, c.Hash, c.ClientID) }

// Validate implements [Command].
func (c Join) Validate(Limits) error {
	if len(c.Secret) < MinSecretLen || len(c.Secret) > MaxSecretLen {
		return Errorf(CodeInvalid, "secret: must have %d to %d characters", MinSecretLen, MaxSecretLen)
	}
	return validChange(c.Channel, c.ClientID)
}

// Validate implements [Command].
func (c DeleteChannel) Validate(Limits) error { return validChange(c.Channel, c.ClientID) }

func validChange(channel, clientID string) error {
	switch {
	case !ValidChannel(channel):
		return invalidChannel()
	case clientID != "" && !ValidClientID(clientID):
		return invalidClientID()
	}
	return nil
}

func validTarget(channel string, seq uint64, clientID string) error {
	if seq == 0 {
		return Errorf(CodeInvalid, "seq: is missing; set it to the number of the message")
	}
	return validChange(channel, clientID)
}

func validUserChange(channel, user, clientID string) error {
	if !ValidUser(user) {
		return invalidUser("user")
	}
	return validChange(channel, clientID)
}

func validInvite(channel, hash, clientID string) error {
	hex := len(hash) == inviteHashLen && all(hash, func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' })
	if !hex {
		return Errorf(CodeInvalid, "hash: must be the SHA-256 of the secret in %d lower-case hexadecimal digits", inviteHashLen)
	}
	return validChange(channel, clientID)
}

func validMembers(members []string, l Limits) error {
	if len(members) > l.GroupMembers {
		return Errorf(CodeTooLarge, "members: there are %d; at most %d are allowed", len(members), l.GroupMembers)
	}
	for i, m := range members {
		if !ValidUser(m) {
			return invalidUser("members." + strconv.Itoa(i))
		}
	}
	return nil
}

func validGroupName(name string) error {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, forbiddenInName):
		return Errorf(CodeInvalid, "name: must be one line of UTF-8 without control or text-direction characters")
	case invisible(name) || utf8.RuneCountInString(name) > MaxGroupNameLen:
		return Errorf(CodeInvalid, "name: must have 1 to %d characters", MaxGroupNameLen)
	}
	return nil
}
