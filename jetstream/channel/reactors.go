package channel

// Reactors returns the users who reacted with an emoji, ascending.
func (m *Message) Reactors(emoji string) []string {
	for _, r := range m.Reactions {
		if sameEmoji(r.Emoji, emoji) {
			return r.Users
		}
	}
	return nil
}
