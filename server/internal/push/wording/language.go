package wording

import "golang.org/x/text/language"

// Language is one in which notifications are written.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

var (
	languages = []Language{English, Japanese} // the first is for all others
	matcher   = language.NewMatcher([]language.Tag{language.English, language.Japanese})
)

// LanguageOf returns the supported language that suits a user best. The user's languages are given
// with the preferred one first, each as ja, ja-JP, or a list as a browser sends it.
func LanguageOf(preferred ...string) Language {
	_, i := language.MatchStrings(matcher, preferred...)
	return languages[i]
}

// phrases are the fixed texts of notifications in one language.
type phrases struct {
	message   string // a message whose text is not shown
	forwarded string // before a text
	group     func(sender, group string) string
	mention   func(sender, group string) string
	mentioned func(sender string) string
	one       map[thing]string
	many      func(n int, of thing) string
	join      string
	tested    [2]string
}

// thing is the word for a kind of attachment.
type thing int

const (
	aFile thing = iota
	aPhoto
	aVideo
	aSound
	aVoice
)

func phrasesOf(l Language) phrases {
	if l == Japanese {
		return japanese
	}
	return english
}
