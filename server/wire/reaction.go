package wire

import "slices"

// MaxEmojiLen is the largest length of an emoji, in bytes. Two kissing people with different skin
// tones take 35, the longest emoji in Unicode 17.
const MaxEmojiLen = 48

// MaxShownReactors is the number of reacting users that a page names for each emoji.
const MaxShownReactors = 10

// reactionOperations are about reactions to messages.
var reactionOperations = []*Operation{
	change[React](),
	read[GetReactions, Reactions](),
}

// React adds one emoji of the caller to a message, or takes it back.
type React struct {
	Ref
	Channel  string `json:"channel"`
	Seq      uint64 `json:"seq"`
	Emoji    string `json:"emoji"`
	Remove   bool   `json:"remove,omitzero"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (React) Type() string { return "react" }

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

// Place implements [Change].
func (c React) Place(string) string { return c.Channel }

// Key implements [Change].
func (c React) Key() string { return c.ClientID }

// Reaction is an emoji and the users who reacted with it. The log keeps all users. Pages tell
// how many there are, whether the caller is one of them, and the first few names, ascending.
// The operation get_reactions pages through all of them.
type Reaction struct {
	Emoji string   `json:"emoji"`
	Count int      `json:"count,omitzero"`
	Own   bool     `json:"own,omitzero"`
	Users []string `json:"users"`
}

// ShownTo returns the reaction as a page shows it to user. The given reaction has all users who
// reacted.
func (r Reaction) ShownTo(user string) Reaction {
	_, r.Own = slices.BinarySearch(r.Users, user)
	r.Count = len(r.Users)
	r.Users = r.Users[:min(len(r.Users), MaxShownReactors)]
	return r
}

// GetReactions asks for the users who reacted to a message with an emoji, ascending. If After
// is set, it asks for those after that user.
type GetReactions struct {
	Ref
	Seen
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
	Emoji   string `json:"emoji"`
	After   string `json:"after,omitzero"`
	Limit   int    `json:"limit,omitzero"` // 50 if unset
}

// Type implements [Command].
func (GetReactions) Type() string { return "get_reactions" }

// Validate implements [Command].
func (c GetReactions) Validate(l Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if err := validTarget(c.Channel, c.Seq, ""); err != nil {
		return err
	}
	switch {
	case !validEmoji(c.Emoji):
		return Errorf(CodeInvalid, "emoji: must be one emoji, at most %d bytes", MaxEmojiLen)
	case c.After != "" && !ValidUser(c.After):
		return invalidUser("after")
	}
	return validLimit(c.Limit, l)
}

// Reactions answers get_reactions. More says that there are further users after the last one.
type Reactions struct {
	Ref
	Channel string   `json:"channel"`
	Seq     uint64   `json:"seq"`
	Emoji   string   `json:"emoji"`
	Users   []string `json:"users"`
	More    bool     `json:"more"`
}

// Type implements [Frame].
func (Reactions) Type() string { return "reactions" }

// Parts implements [Cut].
func (r Reactions) Parts() int { return len(r.Users) }

// Some implements [Cut].
func (r Reactions) Some(n int) Frame {
	r.More = r.More || n < len(r.Users)
	r.Users = r.Users[:n]
	return r
}
