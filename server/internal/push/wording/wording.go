package wording

import (
	"natterjack/server/wire"
)

const (
	// maxBody is how many characters of a message are shown, as readers count them.
	maxBody = 100
	// maxName is how many characters of a name are shown.
	maxName = 40
)

// Privacy is how much a notification says.
type Privacy string

// The levels of privacy, from the one that says most.
const (
	Full    Privacy = "full"    // sender and text
	Sender  Privacy = "sender"  // the sender, and not the text
	Nothing Privacy = "nothing" // that there is something
)

// Stricter returns the one of two levels that says less: the level of the user, capped by the
// operator's. A level that it does not know says nothing.
func Stricter(a, b Privacy) Privacy {
	rank := func(p Privacy) int {
		switch p {
		case Full:
			return 0
		case Sender:
			return 1
		case Nothing:
		}
		return 2
	}
	return []Privacy{Full, Sender, Nothing}[max(rank(a), rank(b))]
}

// Message is the message that a notification is about.
type Message struct {
	Sender    string // display name
	Group     string // name of the group; empty in a direct channel
	Mentioned bool   // the name of the user who is told
	Content   *wire.Content
}

// Of returns the title and the body of a notification.
func Of(m Message, p Privacy, l Language) (title, body string) {
	words := phrasesOf(l)
	sender := Name(m.Sender)
	switch p {
	case Full:
		return words.title(m, sender), words.excerpt(m.Content, maxBody)
	case Sender:
		return sender, words.message
	default:
		return words.message, ""
	}
}

// Name returns a name as it is shown in a line of its own: of a user, or of a channel.
func Name(name string) string { return cut(line(name), maxName) }

// Excerpt returns the text of a message, in at most n characters as readers count them.
func Excerpt(c *wire.Content, n int, l Language) string {
	words := phrasesOf(l)
	return words.excerpt(c, n)
}

// Test returns the title and the body of a notification that a user has asked for, to see whether
// it comes.
func Test(l Language) (title, body string) {
	words := phrasesOf(l)
	return words.tested[0], words.tested[1]
}

func (w *phrases) title(m Message, sender string) string {
	group := Name(m.Group)
	switch {
	case group == "" && m.Mentioned:
		return w.mentioned(sender)
	case group == "":
		return sender
	case m.Mentioned:
		return w.mention(sender, group)
	}
	return w.group(sender, group)
}

func (w *phrases) excerpt(c *wire.Content, n int) string {
	text, files := Plain(c.Text), w.files(c.Attachments)
	switch {
	case text == "" && files == "":
		text = w.message
	case text == "":
		text = files
	case files != "":
		text = files + w.join + text
	}
	if c.Forwarded != nil {
		text = w.forwarded + text
	}
	return cut(text, n)
}

// files names attachments: a file by its name, others by their kind.
func (w *phrases) files(all []wire.Attachment) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		if name := Name(all[0].Name); thingOf(all[0].Kind) == aFile && name != "" {
			return name
		}
		return w.one[thingOf(all[0].Kind)]
	}
	of := thingOf(all[0].Kind)
	for _, a := range all {
		if thingOf(a.Kind) != of {
			of = aFile
		}
	}
	return w.many(len(all), of)
}

func thingOf(kind wire.AttachmentKind) thing {
	switch kind {
	case wire.AttachmentImage:
		return aPhoto
	case wire.AttachmentVideo:
		return aVideo
	case wire.AttachmentAudio:
		return aSound
	case wire.AttachmentVoice:
		return aVoice
	default:
		return aFile
	}
}
