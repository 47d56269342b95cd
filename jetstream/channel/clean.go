package channel

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"natterjack/server/wire"
)

// cleanName brings the name of a group or a user into one form. Topics and statuses are brought
// into the same form before they are stored. So two names that look the same are the same, and
// nothing hides in them. The form has these rules:
//
//   - NFC, so that é is one character whichever keyboard wrote it;
//   - one space for any run of spaces of any kind, and none at the ends;
//   - no invisible characters, such as zero-width spaces, soft hyphens, fillers, and marks of
//     text direction (Validate already refuses embeddings and overrides). Joiners, variation
//     selectors and tags stay where the script or emoji before them uses them;
//   - at most [maxMarks] accents on one letter, and none without a letter: a tower of accents
//     covers the lines around it.
//
// Look-alikes of other letters (Cyrillic а for Latin a) are allowed. Names in every script are
// wanted, a name gives no access, and two groups or users may have the same name anyway. Users
// are identified by the user name, which is ASCII in lower case. A user whose display name looks
// like that of another member is marked when it is shown. The text of a message is never
// changed, because mentions count its characters.
func cleanName(name string, most int) (string, error) {
	name = clean(name)
	if name == "" || utf8.RuneCountInString(name) > most {
		return "", wire.Errorf(wire.CodeInvalid, "name: must have 1 to %d characters", most)
	}
	return name, nil
}

func cleanTopic(topic string) (string, error) {
	topic = clean(topic)
	if utf8.RuneCountInString(topic) > wire.MaxTopicLen {
		return "", wire.Errorf(wire.CodeInvalid, "topic: must have at most %d characters", wire.MaxTopicLen)
	}
	return topic, nil
}

// maxMarks is more than any language puts on one letter of a name.
const maxMarks = 8

// clean returns s in the one form. A clean s stays as it is.
func clean(s string) string {
	var c cleaner
	for _, r := range norm.NFC.String(s) {
		c.add(r)
	}
	return norm.NFC.String(string(c.out)) // removed characters may have kept two others from becoming one
}

// cleaner writes the visible characters. Spaces and joiners wait for the next character, and
// are dropped at the end.
type cleaner struct {
	out    []rune
	prev   rune // last written character; 0 at the start and after a space
	base   rune // last written character that stands by itself
	marks  int  // marks since then
	space  bool
	joiner rune
}

func (c *cleaner) add(r rune) {
	switch {
	case unicode.IsSpace(r) || r == brailleBlank:
		c.space, c.joiner, c.prev = true, 0, 0
	case isJoiner(r):
		if c.joiner == 0 && c.prev != 0 && joins(c.base) {
			c.joiner = r
		}
	case unicode.Is(unicode.Variation_Selector, r):
		if c.joiner == 0 && varies(c.prev) {
			c.write(r)
		}
	case isTag(r):
		if c.joiner == 0 && (c.prev == blackFlag || isTag(c.prev)) {
			c.write(r)
		}
	case hidden(r):
	case unicode.In(r, unicode.Mn, unicode.Me):
		if c.prev != 0 && c.marks < maxMarks {
			c.write(r)
			c.marks++
		}
	default:
		c.write(r)
		c.base, c.marks = r, 0
	}
}

func (c *cleaner) write(r rune) {
	if c.space && len(c.out) > 0 {
		c.out = append(c.out, ' ')
	}
	if c.joiner != 0 {
		c.out = append(c.out, c.joiner)
	}
	c.out = append(c.out, r)
	c.prev, c.space, c.joiner = r, false, 0
}

const (
	brailleBlank = '\u2800'
	blackFlag    = '\U0001f3f4' // followed by tags: flags of England, Scotland and Wales
)

// hidden reports whether r is invisible. The Arabic marks that enclose a number are visible.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

func isTag(r rune) bool { return r >= '\U000e0020' && r <= '\U000e007f' }

// joins reports whether a joiner can have an effect after r. It can after emoji and in scripts
// that join letters, but not in the scripts named here.
func joins(r rune) bool {
	return r > unicode.MaxASCII && !unicode.In(r, unicode.P, unicode.N,
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Armenian, unicode.Georgian,
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Thai, unicode.Lao)
}

// varies reports whether a variation selector can have an effect after r. It can after symbols,
// keycaps and ideographs, and in the scripts named here.
func varies(r rune) bool {
	switch {
	case r == 0 || unicode.In(r, unicode.Variation_Selector, unicode.M):
		return false
	case unicode.IsLetter(r):
		return unicode.In(r, unicode.Common, unicode.Han, unicode.Mongolian, unicode.Myanmar, unicode.Phags_Pa)
	default:
		return true
	}
}
