package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The settings that say of which messages a user is told while they are not looking.
const (
	SettingNotify       = "notify/"           // begins the name of each
	SettingLevel        = "notify/level"      // of all groups without a level of their own
	SettingChannelLevel = "notify/level/"     // of a channel
	SettingByName       = "notify/by_name"    //
	SettingSnooze       = "notify/snooze"     //
	SettingQuiet        = "notify/quiet"      // see [ParseQuiet]
	SettingKeywords     = "notify/keywords"   // see [ParseKeywords]
	SettingPerson       = "notify/person/"    // of a user
	SettingPassMute     = "notify/pass_mute"  // see [ParsePass]
	SettingPassQuiet    = "notify/pass_quiet" //nolint:gosec // no password; see [ParsePass]
	SettingPushContent  = "notify/content"    //
	SettingMail         = "notify/mail"       //
	settingPush         = "push/"             // subscribe_push sets it
	maxKeywords         = 20                  // of a user
	maxKeywordLen       = 50                  // characters
)

// PushLevel says of which messages of a channel a user wants to be told.
type PushLevel string

// The levels.
const (
	LevelAll      PushLevel = "all"
	LevelMentions PushLevel = "mentions"
	LevelNone     PushLevel = "none"
)

// PushPass says which messages pass a gate.
type PushPass struct{ Mentions, Keywords, People bool }

// PushSetting returns the name of the setting that a subscription with an id is.
func PushSetting(id string) string { return settingPush + id }

// PushIDOf returns the id of the subscription that a setting is. It reports whether it is one.
func PushIDOf(setting string) (id string, ok bool) { return strings.CutPrefix(setting, settingPush) }

// ParseKeywords reads the setting notify/keywords: words or phrases, one a line. It reports whether
// the text is of that form.
func ParseKeywords(text string) (words []string, ok bool) {
	for word := range strings.SplitSeq(text, "\n") {
		if invisible(word) || utf8.RuneCountInString(word) > maxKeywordLen || !utf8.ValidString(word) ||
			strings.ContainsFunc(word, forbiddenInName) || len(words) == maxKeywords {
			return nil, false
		}
		words = append(words, word)
	}
	return words, true
}

// ParsePass reads the settings notify/pass_mute and notify/pass_quiet: some of mentions, keywords
// and people, with blanks between them. It reports whether the text is of that form.
func ParsePass(text string) (p PushPass, ok bool) {
	for word := range strings.SplitSeq(text, " ") {
		var passes *bool
		switch word {
		case "mentions":
			passes = &p.Mentions
		case "keywords":
			passes = &p.Keywords
		case "people":
			passes = &p.People
		}
		if passes == nil || *passes {
			return PushPass{}, false
		}
		*passes = true
	}
	return p, true
}

// validNotifyName reports whether there is a setting of that name below notify/.
func validNotifyName(name string) bool {
	switch name {
	case SettingLevel, SettingByName, SettingSnooze, SettingQuiet, SettingKeywords, SettingPassMute, SettingPassQuiet, SettingPushContent, SettingMail:
		return true
	}
	if channel, ok := strings.CutPrefix(name, SettingChannelLevel); ok {
		return ValidChannel(channel)
	}
	user, ok := strings.CutPrefix(name, SettingPerson)
	return ok && ValidUser(user)
}

// validNotify reports whether a setting below notify/ takes a value.
func validNotify(name, value string) (ok bool) {
	switch {
	case name == SettingLevel || strings.HasPrefix(name, SettingChannelLevel):
		return value == string(LevelAll) || value == string(LevelMentions) || value == string(LevelNone)
	case name == SettingPushContent:
		return value == string(PushFull) || value == string(PushSender) || value == string(PushNone)
	case name == SettingSnooze:
		return validTime(value) && value != "0"
	case name == SettingQuiet:
		_, ok = ParseQuiet(value)
	case name == SettingKeywords:
		_, ok = ParseKeywords(value)
	case name == SettingPassMute || name == SettingPassQuiet:
		_, ok = ParsePass(value)
	default:
		return value == "1"
	}
	return ok
}

// notifyValues returns the values that a setting below notify/ takes.
func notifyValues(name string) string {
	switch {
	case name == SettingLevel || strings.HasPrefix(name, SettingChannelLevel):
		return "all, mentions or none"
	case name == SettingPushContent:
		return "full, sender or none"
	case name == SettingSnooze:
		return "the end time in Unix milliseconds"
	case name == SettingQuiet:
		return "days and hours, such as mon-fri 22:00-07:00; sat,sun 23:00-09:00, or daily 22:00-07:00, at most " + strconv.Itoa(maxQuietSpans)
	case name == SettingKeywords:
		return "at most " + strconv.Itoa(maxKeywords) + " words of at most " + strconv.Itoa(maxKeywordLen) + " characters, one a line"
	case name == SettingPassMute || name == SettingPassQuiet:
		return "any of the words mentions, keywords and people, separated by one blank"
	default:
		return "1"
	}
}
