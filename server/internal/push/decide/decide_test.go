package decide

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday

// plain returns the facts of a message in a group that a recipient without settings is told of.
func plain() Facts {
	return Facts{
		Message:   Message{Sender: "ada", Text: "hello there", At: noon},
		Recipient: Recipient{Name: "bob", Member: true},
		Settings:  Settings{Level: LevelAll},
	}
}

func TestDecide(t *testing.T) {
	night := Schedule{Spans: []Span{{Days: EveryDay, From: 11 * 60, To: 13 * 60}}}
	all := Pass{Mentions: true, Keywords: true, People: true}
	for name, c := range map[string]struct {
		change func(m *Message, r *Recipient, s *Settings)
		want   Decision
	}{
		"a message":     {func(*Message, *Recipient, *Settings) {}, tell(ByMessage)},
		"direct":        {func(m *Message, _ *Recipient, _ *Settings) { m.Direct = true }, tell(ByDirect)},
		"a mention":     {func(m *Message, _ *Recipient, _ *Settings) { m.Mentioned, m.Direct, m.Reply = true, true, true }, tell(ByMention)},
		"a reply":       {func(m *Message, _ *Recipient, _ *Settings) { m.Reply = true }, tell(ByReply)},
		"everybody":     {func(m *Message, _ *Recipient, _ *Settings) { m.Everybody = true }, tell(ByEverybody)},
		"here, present": {func(m *Message, r *Recipient, _ *Settings) { m.Here, r.Present = true, true }, tell(ByHere)},
		"here, absent":  {func(m *Message, _ *Recipient, _ *Settings) { m.Here = true }, tell(ByMessage)},
		"a keyword":     {func(_ *Message, _ *Recipient, s *Settings) { s.Keywords = []string{"x", "HELLO"} }, tell(ByKeyword)},
		"a person":      {func(_ *Message, _ *Recipient, s *Settings) { s.People = []string{"ada"} }, tell(ByPerson)},

		"own": {func(m *Message, _ *Recipient, s *Settings) {
			m.Sender, m.Mentioned, s.People = "bob", true, []string{"bob"}
		}, never(Own)},
		"no member":  {func(m *Message, r *Recipient, _ *Settings) { r.Member, m.Mentioned = false, true }, never(NotMember)},
		"blocked":    {func(m *Message, r *Recipient, _ *Settings) { r.Blocked, m.Mentioned = true, true }, never(Blocked)},
		"deleted":    {func(m *Message, _ *Recipient, _ *Settings) { m.Deleted, m.Mentioned = true, true }, never(Deleted)},
		"hidden":     {func(m *Message, r *Recipient, _ *Settings) { r.Hidden, m.Mentioned = true, true }, never(Hidden)},
		"read":       {func(m *Message, r *Recipient, _ *Settings) { r.Read, m.Mentioned = true, true }, never(Read)},
		"old":        {func(m *Message, _ *Recipient, _ *Settings) { m.At = noon.Add(-maxAge - 1) }, never(Old)},
		"almost old": {func(m *Message, _ *Recipient, _ *Settings) { m.At = noon.Add(-maxAge) }, tell(ByMessage)},

		"muted":             {func(_ *Message, _ *Recipient, s *Settings) { s.Muted = true }, never(Muted)},
		"muted for a while": {func(_ *Message, _ *Recipient, s *Settings) { s.Muted, s.MutedUntil = true, noon.Add(1) }, never(Muted)},
		"muted until now":   {func(_ *Message, _ *Recipient, s *Settings) { s.Muted, s.MutedUntil = true, noon }, tell(ByMessage)},
		"muted, mentioned":  {func(m *Message, _ *Recipient, s *Settings) { s.Muted, m.Mentioned = true, true }, never(Muted)},
		"muted, mentions pass": {func(m *Message, _ *Recipient, s *Settings) {
			s.Muted, m.Mentioned, s.PassMute.Mentions = true, true, true
		}, tell(ByMention)},
		"muted, everybody": {func(m *Message, _ *Recipient, s *Settings) { s.Muted, m.Everybody, s.PassMute = true, true, all }, never(Muted)},
		"muted, direct":    {func(m *Message, _ *Recipient, s *Settings) { s.Muted, m.Direct, s.PassMute = true, true, all }, never(Muted)},
		"muted, people pass": {func(_ *Message, _ *Recipient, s *Settings) {
			s.Muted, s.People, s.PassMute.People = true, []string{"ada"}, true
		}, tell(ByPerson)},
		"muted, another passes": {func(_ *Message, _ *Recipient, s *Settings) {
			s.Muted, s.People, s.PassMute.Mentions = true, []string{"ada"}, true
		}, never(Muted)},
		"muted, the weaker passes": {func(m *Message, _ *Recipient, s *Settings) {
			s.Muted, s.People, m.Mentioned, s.PassMute.People = true, []string{"ada"}, true, true
		}, tell(ByMention)},
		"muted, keywords pass": {func(_ *Message, _ *Recipient, s *Settings) {
			s.Muted, s.Keywords, s.PassMute.Keywords = true, []string{"there"}, true
		}, tell(ByKeyword)},
		"level none":              {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Mentioned = LevelNone, true }, never(ByLevel)},
		"level none, passes":      {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Mentioned, s.PassMute = LevelNone, true, all }, tell(ByMention)},
		"level mentions":          {func(_ *Message, _ *Recipient, s *Settings) { s.Level = LevelMentions }, never(ByLevel)},
		"level mentions, a reply": {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Reply = LevelMentions, true }, tell(ByReply)},
		"level mentions, all":     {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Everybody = LevelMentions, true }, tell(ByEverybody)},
		"level mentions, by name": {func(m *Message, _ *Recipient, s *Settings) {
			s.Level, m.Everybody, s.OnlyByName = LevelMentions, true, true
		}, never(ByLevel)},
		"level mentions, absent": {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Here = LevelMentions, true }, never(ByLevel)},
		"level mentions, direct": {func(m *Message, _ *Recipient, s *Settings) { s.Level, m.Direct = LevelMentions, true }, never(ByLevel)},

		"snoozed":          {func(_ *Message, _ *Recipient, s *Settings) { s.SnoozedUntil = noon.Add(time.Hour) }, later(Snoozed, time.Hour)},
		"snoozed for long": {func(_ *Message, _ *Recipient, s *Settings) { s.SnoozedUntil = noon.Add(maxAge + 1) }, never(Snoozed)},
		"quiet":            {func(_ *Message, _ *Recipient, s *Settings) { s.Quiet = night }, later(Quiet, time.Hour)},
		"quiet, mentioned": {func(m *Message, _ *Recipient, s *Settings) { s.Quiet, m.Mentioned = night, true }, later(Quiet, time.Hour)},
		"quiet, passes":    {func(m *Message, _ *Recipient, s *Settings) { s.Quiet, m.Mentioned, s.PassQuiet = night, true, all }, tell(ByMention)},
		"quiet and muted":  {func(_ *Message, _ *Recipient, s *Settings) { s.Quiet, s.Muted = night, true }, never(Muted)},
		"muted, and passes": {func(m *Message, _ *Recipient, s *Settings) {
			s.Quiet, s.Muted, m.Mentioned, s.PassMute = night, true, true, all
		}, later(Quiet, time.Hour)},
		"always quiet": {func(_ *Message, _ *Recipient, s *Settings) {
			s.Quiet = Schedule{Spans: []Span{{Days: EveryDay}}}
		}, never(Quiet)},

		"active":              {func(_ *Message, r *Recipient, _ *Settings) { r.Active = true }, later(Active, whileActive)},
		"active, mentioned":   {func(m *Message, r *Recipient, _ *Settings) { r.Active, m.Mentioned = true, true }, later(Active, whileActiveMentioned)},
		"active, a while ago": {func(m *Message, r *Recipient, _ *Settings) { r.Active, m.At = true, noon.Add(-whileActive) }, tell(ByMessage)},
		"active and quiet":    {func(_ *Message, r *Recipient, s *Settings) { r.Active, s.Quiet = true, night }, later(Quiet, time.Hour)},
		"too many":            {func(_ *Message, r *Recipient, _ *Settings) { r.FreeAt = noon.Add(time.Minute) }, later(Rate, time.Minute)},
		"too many before":     {func(_ *Message, r *Recipient, _ *Settings) { r.FreeAt = noon }, tell(ByMessage)},
	} {
		f := plain()
		c.change(&f.Message, &f.Recipient, &f.Settings)
		if got := Decide(&f, noon); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func tell(why Reason) Decision {
	return Decision{Verdict: Tell, Reason: why, Urgent: why != ByMessage && why != ByEverybody}
}

func never(why Reason) Decision { return Decision{Verdict: Never, Reason: why} }

func later(why Reason, after time.Duration) Decision {
	return Decision{Verdict: Later, Reason: why, Until: noon.Add(after)}
}

func TestHasKeyword(t *testing.T) {
	for _, c := range []struct {
		text, word string
		want       bool
	}{
		{"deploy now", "deploy", true},
		{"Deploy!", "deploy", true},
		{"redeploy", "deploy", false},
		{"deployed", "deploy", false},
		{"redeploy, then deploy", "deploy", true},
		{"v2", "v", false},
		{"déploie", "deploie", true},
		{"ＤＥＰＬＯＹ", "deploy", true},
		{"c++ is here", "c++", true},
		{"c++11", "c++", true},
		{"the build is red", "build is", true},
		{"来週のリリースは", "リリース", true},
		{"来週のりりーすは", "リリース", true},
		{"東京都", "京都", true}, // without a dictionary: rather too often than never
		{"deployは", "deploy", true},
		{"anything", "", false},
		{"anything", "   ", false},
		{"", "deploy", false},
		{"🚀 launch", "🚀", true},
	} {
		if got := hasKeyword(c.text, []string{c.word}); got != c.want {
			t.Errorf("%q has %q: %v, want %v", c.text, c.word, got, c.want)
		}
	}
}

func FuzzHasKeyword(f *testing.F) {
	f.Add("a deploy", "deploy")
	f.Add("\xff\xfe", "\xff")
	f.Add("がが", "か")
	f.Fuzz(func(t *testing.T, text, word string) {
		has := hasKeyword(text, []string{word})
		if has && !hasKeyword("… "+text+" …", []string{word}) {
			t.Errorf("%q has %q only at its edge", text, word)
		}
	})
}
