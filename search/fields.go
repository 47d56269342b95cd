package search

import (
	"slices"
	"unicode/utf8"

	"natterjack/search/index"
	"natterjack/search/text"
	"natterjack/search/texts"
	"natterjack/server/wire"
)

// field is a text of a message that is searched, and where the message has it.
type field struct {
	text       string
	in         wire.HighlightIn
	attachment int
	file       bool // it is the content of a file, which the message does not have
}

// fileText returns the text of an uploaded file, or nothing.
type fileText func(media string) string

// noText returns no text for any file. It is a [fileText].
func noText(string) string { return "" }

// fieldsOf returns the texts of a message that are searched: its own text, the names and captions
// of its files, and then the text in the files.
func fieldsOf(m *wire.Record, content fileText) []field {
	return append(ownFields(m), fileFields(m, content)...)
}

// ownFields returns the fields that the message has itself.
func ownFields(m *wire.Record) []field {
	fields := []field{{text: m.Content.Text}}
	for i := range m.Content.Attachments {
		a := &m.Content.Attachments[i]
		if a.Name != "" {
			fields = append(fields, field{text: a.Name, in: wire.InFileName, attachment: i})
		}
		if a.Caption != "" {
			fields = append(fields, field{text: a.Caption, in: wire.InCaption, attachment: i})
		}
	}
	return fields
}

// fileFields returns the texts in the files of a message that are searched. Of all of them together
// no more is than of one.
func fileFields(m *wire.Record, content fileText) (fields []field) {
	left := texts.Most
	for _, f := range textFiles(m) {
		if left == 0 {
			break
		}
		text := content(f.media)
		if text = text[:startOf(text, min(left, len(text)))]; text != "" {
			fields = append(fields, field{text: text, attachment: f.attachment, file: true})
			left -= len(text)
		}
	}
	return fields
}

func textsOf(fields []field) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.text
	}
	return all
}

// How many highlights a hit has at most, and an excerpt.
const (
	maxHighlights = 128
	maxInExcerpt  = 16
)

// highlights returns the places of the fields that match the query.
func highlights(fields []field, spans [][]text.Span) []wire.Highlight {
	all := []wire.Highlight{}
	for i, f := range fields[:min(len(fields), len(spans))] {
		found := make([][2]int, len(spans[i]))
		for j, s := range spans[i] {
			found[j] = [2]int{s.From, s.To}
		}
		if !f.file {
			all = append(all, wire.HighlightsOf(f.text, found, f.in, f.attachment)...)
		}
	}
	return all[:min(len(all), maxHighlights)]
}

// The size of an excerpt in bytes: at most, and before the first match.
const (
	excerptBytes  = 400
	excerptBefore = 120
)

// excerpts returns the parts of files around the matches.
func excerpts(fields []field, spans [][]text.Span) (all []wire.Excerpt) {
	for i, f := range fields[:min(len(fields), len(spans))] {
		if !f.file || len(spans[i]) == 0 {
			continue
		}
		from := startOf(f.text, max(spans[i][0].From-excerptBefore, 0))
		to := startOf(f.text, min(from+excerptBytes, len(f.text)))
		var found [][2]int
		for _, s := range spans[i] {
			if s.From >= from && s.To <= to && len(found) < maxInExcerpt {
				found = append(found, [2]int{s.From - from, s.To - from})
			}
		}
		part := f.text[from:to]
		all = append(all, wire.Excerpt{Attachment: f.attachment, Text: part, Highlights: wire.HighlightsOf(part, found, "", 0)})
	}
	return all
}

// startOf returns where the character begins that a byte of a text belongs to.
func startOf(s string, at int) int {
	for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

// The marks of messages. The mark of a mention is "@" and a user, or a mark that stands for many
// users.
const (
	markImage    = "image"
	markFile     = "file"
	markLink     = "link"
	markReaction = "reaction"
	markPinned   = "pinned"
	markChannel  = "@channel"
	markHere     = "@here"
)

// marksOf returns the properties by which a message can be found. Every attachment that is no
// picture is a file.
func marksOf(m *wire.Record, hasLink func(string) bool) (marks []string) {
	c := m.Content
	for i := range c.Attachments {
		mark := markFile
		if c.Attachments[i].Kind == wire.AttachmentImage {
			mark = markImage
		}
		if !slices.Contains(marks, mark) {
			marks = append(marks, mark)
		}
	}
	if hasLink(c.Text) {
		marks = append(marks, markLink)
	}
	if len(m.Reactions) > 0 {
		marks = append(marks, markReaction)
	}
	if m.Pinned {
		marks = append(marks, markPinned)
	}
	for _, mention := range c.Mentions {
		switch mention.Kind {
		case wire.MentionUser:
			marks = append(marks, "@"+mention.User)
		case wire.MentionChannel:
			marks = append(marks, markChannel)
		case wire.MentionHere:
			marks = append(marks, markHere)
		default: // of a newer node
		}
	}
	return marks
}

// messageOf returns a message as the index takes it in.
func messageOf(channel string, m *wire.Record, hasLink func(string) bool, content fileText) *index.Message {
	marks := marksOf(m, hasLink)
	if isLong(m) { // they are not taken in again when these marks change
		marks = slices.DeleteFunc(marks, func(mark string) bool { return mark == markReaction || mark == markPinned })
		marks = append(marks, markReaction, markPinned)
	}
	return &index.Message{
		Channel: channel, Seq: m.Seq, Sender: m.Sender, At: timeOf(m), Fields: textsOf(fieldsOf(m, content)), Marks: marks,
	}
}
