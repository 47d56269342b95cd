package wire

import "slices"

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

// Reactions answers get_reactions. More says that there are further users after the last one.
type Reactions struct {
	Ref
	Channel string   `json:"channel"`
	Seq     uint64   `json:"seq"`
	Emoji   string   `json:"emoji"`
	Users   []string `json:"users"`
	More    bool     `json:"more"`
}

// Type implements [Command].
func (GetReactions) Type() string { return "get_reactions" }

// Type implements [Frame].
func (Reactions) Type() string { return "reactions" }

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

// ShownTo returns the reaction as a page shows it to user. The given reaction has all users who
// reacted.
func (r Reaction) ShownTo(user string) Reaction {
	_, r.Own = slices.BinarySearch(r.Users, user)
	r.Count = len(r.Users)
	r.Users = r.Users[:min(len(r.Users), MaxShownReactors)]
	return r
}
