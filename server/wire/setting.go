package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// settingOperations are about a user's own settings.
var settingOperations = []*Operation{
	change[Set](),
	read[GetSettings, Settings](),
}

// Set changes one of the caller's own settings. Settings are events in the user's own channel,
// [OwnChannel]. So all devices of the user get each change, in order, and a device that was
// away gets the changes it missed. The names and the values they take:
//
//	mute/CHANNEL          until when, Unix milliseconds; 0 is forever
//	top/CHANNEL           1: the channel stands at the top of the list
//	hide/CHANNEL/SEQ      1: the message is deleted for the caller alone
//	block/USER            1: nothing arrives from that user's direct channel, and that user
//	                      cannot add the caller to a group
//	contact/USER          1: a contact, as every user with a direct channel to the caller is
//	privacy/last_seen     everyone, contacts or nobody: who may see it
//	privacy/receipts      off: no read receipts are sent, and none are shown
//	client/NAME           anything that a client stores for itself
//
// These say of which messages the caller is told who is not looking:
//
//	notify/level           all, mentions or none: of all groups without a level of their own;
//	                       all unless set
//	notify/level/CHANNEL   the same, of one channel; a direct one has all unless set
//	notify/by_name         1: a mention of everybody, or of those who are here, does not count
//	notify/keywords        words, one a line, whose messages count as mentions
//	notify/person/USER     1: messages of that user count as mentions
//	notify/snooze          until when nothing is told, Unix milliseconds
//	notify/quiet           hours of quiet in the time zone of the caller's profile, such as
//	                       mon-fri 22:00-07:00; sat,sun 23:00-09:00
//	notify/pass_mute       what is told of muted channels: mentions, keywords, people
//	notify/pass_quiet      what is told during a snooze and hours of quiet: the same
//	notify/content         full, sender or none: how much a notification says
//	notify/mail            1: a mail tells of mentions that the caller has missed
//
// An empty value removes the setting. Each kind of setting has room of its own, so hiding never
// takes the room to block. A setting that exists can always be changed.
//
// A setting push/ID is a subscription, which subscribe_push sets and unsubscribe_push removes.
//
// Once a message is hidden, the caller gets it in no page, list, pin or version, and it does
// not mention the caller. It keeps its place in the unread count, so that the count is still a
// distance. Live events and the events after a resume are the same for everybody, and include
// the setting.
type Set struct {
	Ref
	Name     string `json:"name"`
	Value    string `json:"value"`
	ClientID string `json:"client_id,omitzero"`
}

// GetSettings asks for the caller's settings whose names start with Prefix. If After is set, it
// asks for those after that name.
type GetSettings struct {
	Ref
	Seen
	Prefix string `json:"prefix,omitzero"`
	After  string `json:"after,omitzero"`
}

// Settings answers get_settings with the requested settings, ascending by name. More says that
// there are further settings after the last one.
type Settings struct {
	Ref
	Settings []Setting `json:"settings"`
	More     bool      `json:"more"`
}

// Setting is one of a user's settings.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Limits of settings.
const (
	MaxSettingNameLen  = 256  // bytes
	MaxSettingValueLen = 1024 // bytes
	MaxSettings        = 5000 // of one kind, such as hide, for each user
)

// The settings that the server itself acts on: whole names or prefixes.
const (
	SettingMute     = "mute/"
	SettingTop      = "top/"
	SettingHide     = "hide/"
	SettingBlock    = "block/"
	SettingContact  = "contact/"
	SettingLastSeen = "privacy/last_seen"
	SettingReceipts = "privacy/receipts"

	settingClient = "client/"
)

// Place implements [Change].
func (c Set) Place(user string) string { return OwnChannel(user) }

// Key implements [Change].
func (c Set) Key() string { return c.ClientID }

// Type implements [Command].
func (Set) Type() string { return "set" }

// Type implements [Command].
func (GetSettings) Type() string { return "get_settings" }

// Type implements [Frame].
func (Settings) Type() string { return "settings" }

// Parts implements [Cut].
func (s Settings) Parts() int { return len(s.Settings) }

// Some implements [Cut].
func (s Settings) Some(n int) Frame {
	s.More = s.More || n < len(s.Settings)
	s.Settings = s.Settings[:n]
	return s
}

// Validate implements [Command].
func (c Set) Validate(Limits) error {
	switch {
	case c.ClientID != "" && !ValidClientID(c.ClientID):
		return invalidClientID()
	case strings.HasPrefix(c.Name, settingPush):
		return Errorf(CodeInvalid, "name: this setting is changed only by subscribe_push and unsubscribe_push")
	case !validSettingName(c.Name):
		return Errorf(CodeInvalid, "name: there is no such setting")
	case c.Value != "" && !validSetting(c.Name, c.Value):
		return Errorf(CodeInvalid, "value: %s takes %s; an empty value removes the setting", c.Name, valuesOf(c.Name))
	}
	return nil
}

// valuesOf returns the values that a setting takes, as the errors of [validSetting] tell them.
func valuesOf(name string) string {
	switch {
	case name == SettingLastSeen:
		return "everyone, contacts or nobody"
	case name == SettingReceipts:
		return "off"
	case strings.HasPrefix(name, SettingNotify):
		return notifyValues(name)
	case strings.HasPrefix(name, SettingMute):
		return "the end time in Unix milliseconds, or 0 for forever"
	case strings.HasPrefix(name, settingClient):
		return "text of up to " + strconv.Itoa(MaxSettingValueLen) + " bytes"
	default:
		return "1"
	}
}

// Validate implements [Command].
func (c GetSettings) Validate(Limits) error {
	if err := c.validSeen(); err != nil {
		return err
	}
	if len(c.Prefix) > MaxSettingNameLen {
		return Errorf(CodeInvalid, "prefix: must have at most %d bytes", MaxSettingNameLen)
	}
	if len(c.After) > MaxSettingNameLen {
		return Errorf(CodeInvalid, "after: must have at most %d bytes; take the last name of the reply before", MaxSettingNameLen)
	}
	return nil
}

func validSettingName(name string) bool {
	if len(name) > MaxSettingNameLen {
		return false
	}
	before, rest, _ := strings.Cut(name, "/")
	switch before + "/" {
	case SettingMute, SettingTop:
		return ValidChannel(rest)
	case SettingHide:
		channel, seq, _ := strings.Cut(rest, "/")
		n, err := strconv.ParseUint(seq, 10, 53)
		return ValidChannel(channel) && err == nil && n > 0 && strconv.FormatUint(n, 10) == seq
	case SettingBlock, SettingContact:
		return ValidUser(rest)
	case SettingNotify:
		return validNotifyName(name)
	case settingClient:
		return rest != "" && all(rest, func(c byte) bool { return c > ' ' && c <= '~' })
	default:
		return name == SettingLastSeen || name == SettingReceipts
	}
}

func validSetting(name, value string) bool {
	switch {
	case name == SettingLastSeen:
		return value == "everyone" || value == "contacts" || value == "nobody"
	case name == SettingReceipts:
		return value == "off"
	case strings.HasPrefix(name, SettingNotify):
		return validNotify(name, value)
	case strings.HasPrefix(name, SettingMute):
		return validTime(value)
	case strings.HasPrefix(name, settingClient):
		return len(value) <= MaxSettingValueLen && utf8.ValidString(value)
	default:
		return value == "1"
	}
}

// validTime reports whether a text is a time in Unix milliseconds, in its only form.
func validTime(text string) bool {
	n, err := strconv.ParseUint(text, 10, 53)
	return err == nil && strconv.FormatUint(n, 10) == text
}
