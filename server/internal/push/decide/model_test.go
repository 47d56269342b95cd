package decide

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, on any machine

	"pgregory.net/rapid"
)

// TestDecide_rules checks the promises to users, whatever the facts are, and however often it is
// decided again.
func TestDecide_rules(t *testing.T) {
	seen := map[Reason]int{}
	rule := func(t *rapid.T) {
		f, now := facts(t), noon
		for range 100 {
			d := Decide(&f, now)
			seen[d.Reason]++
			checkRules(t, &f, now, d)
			if d.Verdict != Later {
				return
			}
			now = d.Until
			if rapid.Bool().Draw(t, "reads meanwhile") {
				f.Recipient.Read = true
				if d = Decide(&f, now); d.Verdict == Tell {
					t.Fatalf("told of what was read: %+v", d)
				}
				return
			}
		}
		t.Fatal("a decision is put off again and again")
	}
	for range 50 { // of 100 cases each
		rapid.Check(t, rule)
	}
	for _, why := range []Reason{
		ByMessage, ByDirect, ByEverybody, ByHere, ByReply, ByKeyword, ByPerson, ByMention,
		Own, NotMember, Blocked, Deleted, Hidden, Read, Old, Muted, ByLevel, Snoozed, Quiet, Active, Rate,
	} {
		if seen[why] == 0 && !t.Failed() {
			t.Errorf("no case was decided by %q", why)
		}
	}
}

func checkRules(t *rapid.T, f *Facts, now time.Time, d Decision) {
	m, r, s := &f.Message, &f.Recipient, &f.Settings
	if (d.Verdict == Later) != !d.Until.IsZero() || d.Verdict == Later && !d.Until.After(now) {
		t.Fatalf("at %v: %+v", now, d)
	}
	if d.Verdict == Never {
		return
	}
	if m.Sender == r.Name || !r.Member || r.Blocked || m.Deleted || r.Hidden || r.Read {
		t.Fatalf("%+v for a message that nobody is told of: %+v", d, f)
	}
	chosen := func(p Pass) bool {
		return p.Mentions && (m.Mentioned || m.Reply) || p.People && slices.Contains(s.People, m.Sender) ||
			p.Keywords && slices.Contains(s.Keywords, m.Text)
	}
	muted := s.Muted && (s.MutedUntil.IsZero() || now.Before(s.MutedUntil))
	if (muted || s.Level == LevelNone) && !chosen(s.PassMute) {
		t.Fatalf("%+v although the channel is muted: %+v", d, f)
	}
	special := m.Mentioned || m.Reply || slices.Contains(s.People, m.Sender) || slices.Contains(s.Keywords, m.Text) ||
		!s.OnlyByName && (m.Everybody || m.Here && r.Present)
	if s.Level == LevelMentions && !special {
		t.Fatalf("%+v for a message without a mention: %+v", d, f)
	}
	if d.Verdict == Tell && !chosen(s.PassQuiet) && (now.Before(s.SnoozedUntil) || isQuiet(s.Quiet, now)) {
		t.Fatalf("%+v in a time of quiet: %+v", d, f)
	}
	if d.Verdict == Tell && now.Before(r.FreeAt) {
		t.Fatalf("%+v beyond the rate: %+v", d, f)
	}
}

// facts draws facts in which everything matters now and then.
func facts(t *rapid.T) Facts {
	some := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	seldom := func(name string) bool { return rapid.IntRange(0, 15).Draw(t, name) == 0 }
	after := func(name string, most int) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(-60, most).Draw(t, name)) * time.Minute)
	}
	word := rapid.SampledFrom([]string{"alpha", "beta", "gamma"})
	pass := func(name string) Pass {
		return Pass{some(name + " mentions"), some(name + " keywords"), some(name + " people")}
	}
	f := Facts{
		Message: Message{
			Sender: rapid.SampledFrom([]string{"ada", "cleo", "dan", "eve", "bob"}).Draw(t, "sender"), Text: word.Draw(t, "text"),
			At: noon.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "age")) * time.Second), Direct: some("direct"), Deleted: seldom("deleted"),
			Mentioned: some("mentioned"), Reply: some("reply"), Everybody: some("everybody"), Here: some("here"),
		},
		Recipient: Recipient{
			Name: "bob", Member: !seldom("left"), Blocked: seldom("blocked"), Hidden: seldom("hidden"), Read: seldom("read"),
			Present: !some("absent"), Active: some("active"),
		},
		Settings: Settings{
			Level: rapid.SampledFrom([]Level{LevelAll, LevelAll, LevelMentions, LevelNone}).Draw(t, "level"), Muted: some("muted"), OnlyByName: some("by name"),
			PassMute: pass("mute"), PassQuiet: pass("quiet"),
		},
	}
	if seldom("old") {
		f.Message.At = noon.Add(-8 * 24 * time.Hour)
	}
	s := &f.Settings
	if some("muted for a while") {
		s.MutedUntil = after("muted until", 60)
	}
	if some("keywords") {
		s.Keywords = []string{word.Draw(t, "keyword")}
	}
	if some("people") {
		s.People = []string{"ada", "bob"}
	}
	if some("snoozed") {
		s.SnoozedUntil = after("snoozed until", 12*24*60)
	}
	if some("schedule") {
		s.Quiet = schedule(t)
	}
	if some("rate") {
		f.Recipient.FreeAt = after("free at", 10)
	}
	return f
}

// schedule draws quiet hours in a zone, some of which change their clocks at odd times.
func schedule(t *rapid.T) Schedule {
	name := rapid.SampledFrom([]string{
		"UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/Santiago",
	}).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	s := Schedule{Zone: zone}
	for range rapid.IntRange(1, 3).Draw(t, "spans") {
		minute := rapid.IntRange(0, 24*60-1)
		s.Spans = append(s.Spans, Span{Days: Days(rapid.IntRange(0, 127).Draw(t, "days")), From: minute.Draw(t, "from"), To: minute.Draw(t, "to")})
	}
	return s
}
