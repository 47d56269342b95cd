package wire

import (
	"strconv"
	"unicode/utf8"
)

// MaxMentions is the largest number of mentions in one message.
const MaxMentions = 50

// Mention is a part of the text that refers to a user or to everybody in the channel. Start and
// Length count Unicode code points, so they mean the same to a client in Go, Swift or JavaScript,
// even after emoji. Mentions ascend and do not overlap.
type Mention struct {
	Kind   MentionKind `json:"kind"`
	User   string      `json:"user,omitzero"` // only of kind user
	Start  int         `json:"start"`
	Length int         `json:"length"`
}

// MentionKind tells which users a mention means.
type MentionKind string

// The kinds of mentions.
const (
	MentionUser    MentionKind = "user"
	MentionChannel MentionKind = "channel" // everybody in the channel
	MentionHere    MentionKind = "here"    // all members who are connected when it is sent
)

// validMentions returns an error if the mentions themselves are wrong. A mentioned user need
// not be a member, because membership may change.
func validMentions(text string, mentions []Mention) error {
	if len(mentions) > MaxMentions {
		return Errorf(CodeTooLarge, "content.mentions: there are %d; at most %d are allowed", len(mentions), MaxMentions)
	}
	points, end := utf8.RuneCountInString(text), 0
	for i, m := range mentions {
		at := "content.mentions." + strconv.Itoa(i)
		switch m.Kind {
		case MentionUser:
			if !ValidUser(m.User) {
				return invalidUser(at + ".user")
			}
		case MentionChannel, MentionHere:
			if m.User != "" {
				return Errorf(CodeInvalid, "%s.user: only a mention of the kind user may have one", at)
			}
		default:
			return Errorf(CodeInvalid, "%s.kind: must be user, channel or here", at)
		}
		if m.Start < end || m.Length < 1 || m.Length > points || m.Start > points-m.Length {
			return Errorf(CodeInvalid, "%s: start and length must mark a part of the text, in code points, after the previous mention", at)
		}
		end = m.Start + m.Length
	}
	return nil
}
