package prefs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream/channel"
	"natterjack/server/internal/push/decide"
	"natterjack/server/internal/push/wording"
	"natterjack/server/wire"
)

// book is what one user has set, in the order of names.
type book struct {
	names  []string
	values map[string]string
	subs   []channel.Subscription
	zone   string
	reads  int
}

func (b *book) Setting(_, name string) (string, error) { b.reads++; return b.values[name], nil }

func (b *book) EachSetting(_, prefix string, f func(name, value string) bool) error {
	b.reads++
	for _, name := range b.names {
		if strings.HasPrefix(name, prefix) && !f(name, b.values[name]) {
			break
		}
	}
	return nil
}

func (b *book) Subscriptions(string) ([]channel.Subscription, error) { b.reads++; return b.subs, nil }

func (b *book) Profile(string) (channel.Profile, error) { return channel.Profile{Zone: b.zone}, nil }

func (b *book) set(name, value string) {
	if b.values == nil {
		b.values = map[string]string{}
	}
	b.names = append(b.names, name)
	b.values[name] = value
}

const group, direct = "gaaaaaaaaaaaaaaaaaaaaaaaa", "ann~bob"

func subscribed() *book {
	return &book{subs: []channel.Subscription{
		{ID: "a", PushDevice: wire.PushDevice{Kind: wire.PushWeb}, PushTarget: wire.PushTarget{Address: "https://Push.Example.com/secret"}},
		{ID: "b", PushDevice: wire.PushDevice{Kind: wire.PushFCM}, PushTarget: wire.PushTarget{Address: "token"}},
	}}
}

func of(t *testing.T, b *book) *Prefs {
	t.Helper()
	p, err := read(b, "ann", false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func settings(t *testing.T, p *Prefs, b *book, id string) decide.Settings {
	t.Helper()
	s, err := p.For(b, id, id == direct)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPrefs(t *testing.T) {
	b := subscribed()
	p := of(t, b)
	if diff := cmp.Diff([]Device{{"a", "push.example.com"}, {"b", "fcm"}}, p.Devices); diff != "" || p.Content != wording.Full {
		t.Errorf("devices: %s, content %s", diff, p.Content)
	}
	for _, id := range []string{group, direct} {
		if diff := cmp.Diff(decide.Settings{Level: decide.LevelAll}, settings(t, p, b, id)); diff != "" {
			t.Errorf("by default: %s", diff)
		}
	}
	b.zone = "Asia/Tokyo"
	for name, value := range map[string]string{
		wire.SettingLevel: "mentions", wire.SettingChannelLevel + direct: "none", wire.SettingByName: "1", wire.SettingSnooze: "5000",
		wire.SettingQuiet: "mon 22:00-07:00", wire.SettingKeywords: "lunch\ncoffee", wire.SettingPerson + "bob": "1",
		wire.SettingPassMute: "mentions", wire.SettingPassQuiet: "people keywords", wire.SettingPushContent: "sender", wire.SettingMute + group: "7000",
	} {
		b.set(name, value)
	}
	p = of(t, b)
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	want := decide.Settings{
		Level: decide.LevelMentions, Muted: true, MutedUntil: time.UnixMilli(7000), OnlyByName: true, Keywords: []string{"lunch", "coffee"}, People: []string{"bob"},
		SnoozedUntil: time.UnixMilli(5000), Quiet: decide.Schedule{Spans: []decide.Span{{Days: decide.On(time.Monday), From: 22 * 60, To: 7 * 60}}, Zone: tokyo},
		PassMute: decide.Pass{Mentions: true}, PassQuiet: decide.Pass{People: true, Keywords: true},
	}
	same := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, settings(t, p, b, group), same); diff != "" {
		t.Errorf("group: %s", diff)
	}
	want.Level, want.Muted, want.MutedUntil = decide.LevelNone, false, time.Time{}
	if diff := cmp.Diff(want, settings(t, p, b, direct), same); diff != "" || p.Content != wording.Sender {
		t.Errorf("direct: %s, content %s", diff, p.Content)
	}
}

// TestPrefs_many finds the settings of single channels also if there are too many for memory.
func TestPrefs_many(t *testing.T) {
	b := subscribed()
	for i := range 3 * maxOfChannels {
		b.set(fmt.Sprintf("%sg%024d", wire.SettingChannelLevel, i), "none")
		b.set(fmt.Sprintf("%sg%024d", wire.SettingMute, i), "0")
	}
	p := of(t, b)
	if len(p.levels) > 0 || len(p.mutes) > 0 {
		t.Errorf("memory holds %d and %d", len(p.levels), len(p.mutes))
	}
	for i, id := range []string{fmt.Sprintf("g%024d", 3*maxOfChannels-1), group} {
		if s := settings(t, p, b, id); (s.Level == decide.LevelNone) != (i == 0) || s.Muted != (i == 0) {
			t.Errorf("%s: %+v", id, s)
		}
	}
}

// TestCache reads once, forgets changed settings, and does not keep settings that were read before
// a change.
func TestCache(t *testing.T) {
	b, c := subscribed(), NewCache()
	get := func(stamp uint64) *Prefs {
		t.Helper()
		p, err := c.Of(b, stamp, "ann", false)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := get(c.Stamp())
	reads := b.reads
	if get(c.Stamp()) != first || b.reads != reads {
		t.Error("it was read again")
	}
	before := c.Stamp()
	c.Forget("ann")
	late := get(before)
	if late == first || get(c.Stamp()) == late {
		t.Error("what was read before a change is kept")
	}
	nobody := &book{}
	p, err := c.Of(nobody, c.Stamp(), "eve", false)
	if err != nil || len(p.Devices) > 0 {
		t.Errorf("told nowhere: %+v, %v", p, err)
	}
	nobody.set(wire.SettingLevel, "none")
	if p, err = c.Of(nobody, c.Stamp(), "eve", true); err != nil || p.groups != decide.LevelNone {
		t.Errorf("told by services: %+v, %v", p, err)
	}
}

func TestMutes(t *testing.T) {
	now := time.UnixMilli(5000)
	for value, want := range map[string]bool{"": false, "0": true, "4000": false, "6000": true, "x": false} {
		if Mutes(value, now) != want {
			t.Errorf("%q: %v", value, !want)
		}
	}
}
