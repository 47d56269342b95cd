package prefs

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/internal/push/decide"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

// maxOfChannels is how many settings of single channels memory holds for a user. The settings of a
// user who has more are read when they are asked for.
const maxOfChannels = 64

// Reader reads the settings of users. [natterjack/jetstream.Audience] is one.
type Reader interface {
	Setting(user, name string) (string, error)
	EachSetting(user, prefix string, f func(name, value string) bool) error
	Subscriptions(user string) ([]channel.Subscription, error)
	Profile(user string) (channel.Profile, error)
}

// Device is a subscription, without its secrets.
type Device struct {
	ID       string
	Provider string // the service that its notifications are given to; see [Provider]
}

// Prefs are a user's settings about notifications. They are immutable.
type Prefs struct {
	Devices []Device
	Content wording.Privacy // how much the user wants notifications to say
	Mail    bool            // whether the user wants a digest of missed messages

	user   string
	common decide.Settings // the settings that all channels share
	groups decide.Level    // of groups without a level of their own
	levels map[string]decide.Level
	mutes  map[string]string
	some   bool // levels and mutes are all that the user has set for single channels
}

// nothing are the settings of a user without subscriptions.
var nothing = &Prefs{}

// read reads the settings of a user. No decisions are made about a user without subscriptions, so
// nothing else is read for them, unless they are told by services or by mail.
func read(r Reader, user string, services bool) (*Prefs, error) {
	subs, err := r.Subscriptions(user)
	if err != nil {
		return nothing, err
	}
	subs = slices.DeleteFunc(subs, func(s channel.Subscription) bool { return s.Gone() })
	if len(subs) == 0 && !services {
		if mail, err := r.Setting(user, wire.SettingMail); err != nil || mail == "" {
			return nothing, err
		}
	}
	p := &Prefs{user: user, groups: decide.LevelAll, Content: wording.Full}
	for i := range subs {
		p.Devices = append(p.Devices, Device{ID: subs[i].ID, Provider: Provider(&subs[i])})
	}
	quiet := ""
	p.levels, p.mutes, p.some = map[string]decide.Level{}, map[string]string{}, true
	err = r.EachSetting(user, wire.SettingNotify, func(name, value string) bool {
		if name == wire.SettingQuiet {
			quiet = value
		}
		p.set(name, value)
		return true
	})
	if err == nil {
		err = r.EachSetting(user, wire.SettingMute, func(name, value string) bool {
			p.mutes[name[len(wire.SettingMute):]] = value
			return len(p.mutes) <= maxOfChannels
		})
	}
	if err == nil && quiet != "" {
		err = p.setQuiet(r, quiet)
	}
	if len(p.levels)+len(p.mutes) > maxOfChannels {
		p.levels, p.mutes, p.some = nil, nil, false
	}
	return p, err
}

// set takes in a setting below notify/. A value that no version writes changes nothing.
func (p *Prefs) set(name, value string) {
	c := &p.common
	switch name {
	case wire.SettingLevel:
		p.groups = decide.Level(value)
	case wire.SettingByName:
		c.OnlyByName = true
	case wire.SettingSnooze:
		c.SnoozedUntil = timeOf(value)
	case wire.SettingKeywords:
		c.Keywords, _ = wire.ParseKeywords(value)
	case wire.SettingPassMute:
		pass, _ := wire.ParsePass(value)
		c.PassMute = decide.Pass(pass)
	case wire.SettingPassQuiet:
		pass, _ := wire.ParsePass(value)
		c.PassQuiet = decide.Pass(pass)
	case wire.SettingMail:
		p.Mail = true
	case wire.SettingPushContent:
		p.Content = Privacy(wire.PushContent(value))
	default:
		p.setOne(name, value)
	}
}

// setOne takes in a setting for one channel or one user.
func (p *Prefs) setOne(name, value string) {
	if of, ok := strings.CutPrefix(name, wire.SettingPerson); ok {
		p.common.People = append(p.common.People, of)
	}
	if of, ok := strings.CutPrefix(name, wire.SettingChannelLevel); ok && len(p.levels) <= maxOfChannels {
		p.levels[of] = decide.Level(value)
	}
}

// setQuiet takes in the hours of quiet, in the time zone of the user's profile.
func (p *Prefs) setQuiet(r Reader, text string) error {
	profile, err := r.Profile(p.user)
	if err != nil {
		return err
	}
	zone, err := wire.Zone(profile.Zone)
	if err != nil { // no version stores a zone that is not known
		zone = time.UTC
	}
	spans, _ := wire.ParseQuiet(text)
	p.common.Quiet.Zone = zone
	for _, s := range spans {
		p.common.Quiet.Spans = append(p.common.Quiet.Spans, decide.Span{Days: decide.Days(s.Days), From: s.From, To: s.To})
	}
	return nil
}

// For returns the user's settings for a channel.
func (p *Prefs) For(r Reader, channel string, direct bool) (decide.Settings, error) {
	level, mute := p.levels[channel], p.mutes[channel]
	if !p.some && p.user != "" {
		text, err := r.Setting(p.user, wire.SettingChannelLevel+channel)
		if err != nil {
			return decide.Settings{}, err
		}
		level = decide.Level(text)
		if mute, err = r.Setting(p.user, wire.SettingMute+channel); err != nil {
			return decide.Settings{}, err
		}
	}
	s := p.common
	if s.Level = cmp.Or(level, p.groups); direct {
		s.Level = cmp.Or(level, decide.LevelAll)
	}
	if s.Muted = mute != ""; s.Muted && mute != "0" {
		s.MutedUntil = timeOf(mute)
	}
	return s, nil
}

// Mutes reports whether a value of the setting mute/CHANNEL mutes at a time.
func Mutes(value string, now time.Time) bool {
	return value == "0" || value != "" && now.Before(timeOf(value))
}

func timeOf(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // no version stores such a value
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// Privacy returns the level of privacy that a content stands for. One that is not known says
// nothing.
func Privacy(content wire.PushContent) wording.Privacy {
	switch content {
	case wire.PushFull:
		return wording.Full
	case wire.PushSender:
		return wording.Sender
	default:
		return wording.Nothing
	}
}
