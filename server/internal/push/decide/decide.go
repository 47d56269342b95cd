package decide

import (
	"slices"
	"time"
)

const (
	// maxAge is how old a message may be when a user is told of it. A weekend of quiet hours is
	// shorter.
	maxAge = 7 * 24 * time.Hour
	// A user who uses another device has a while to see the message there.
	whileActive          = 30 * time.Second
	whileActiveMentioned = 10 * time.Second
)

// Verdict is the result of a decision.
type Verdict string

// The verdicts.
const (
	Tell  Verdict = "tell"
	Later Verdict = "later" // decide again at that time
	Never Verdict = "never"
)

// Reason says in a stable word why a user is told, or not.
type Reason string

// The reasons for telling, from the weakest to the strongest.
const (
	ByMessage   Reason = "message" // the level is all
	ByDirect    Reason = "direct"
	ByEverybody Reason = "everybody"
	ByHere      Reason = "here"
	ByReply     Reason = "reply"
	ByKeyword   Reason = "keyword"
	ByPerson    Reason = "person"
	ByMention   Reason = "mention"
)

// The reasons for not telling, or not now.
const (
	Own       Reason = "own"
	NotMember Reason = "not_member"
	Blocked   Reason = "blocked"
	Deleted   Reason = "deleted"
	Hidden    Reason = "hidden"
	Read      Reason = "read"
	Old       Reason = "old"
	Muted     Reason = "muted"
	ByLevel   Reason = "level"
	Snoozed   Reason = "snoozed"
	Quiet     Reason = "quiet"
	Active    Reason = "active"
	Rate      Reason = "rate"
)

// Decision says whether a user is told. Until is when to decide again, if the verdict is [Later].
// Urgent says that the notification is worth waking a device for.
type Decision struct {
	Verdict Verdict
	Reason  Reason
	Until   time.Time
	Urgent  bool
}

// Decide says whether a user is told of a message now.
func Decide(f *Facts, now time.Time) Decision {
	if why := f.closed(now); why != "" {
		return Decision{Verdict: Never, Reason: why}
	}
	marks := f.marks()
	why := f.why(marks)
	if not := f.unwanted(why, marks, now); not != "" {
		return Decision{Verdict: Never, Reason: not}
	}
	until, wait := f.wait(why, marks, now)
	switch {
	case wait == "":
		return Decision{Verdict: Tell, Reason: why, Urgent: why != ByMessage && why != ByEverybody}
	case until.IsZero() || until.Sub(f.Message.At) > maxAge:
		return Decision{Verdict: Never, Reason: wait}
	}
	return Decision{Verdict: Later, Reason: wait, Until: until}
}

// closed returns the reason why no user is told of the message, whatever their settings, or
// nothing.
func (f *Facts) closed(now time.Time) Reason {
	m, r := &f.Message, &f.Recipient
	switch {
	case m.Sender == r.Name:
		return Own
	case !r.Member:
		return NotMember
	case r.Blocked:
		return Blocked
	case m.Deleted:
		return Deleted
	case r.Hidden:
		return Hidden
	case r.Read:
		return Read
	case now.Sub(m.At) > maxAge:
		return Old
	}
	return ""
}

// marks are the properties that make a message special to a user. A message may have several, and
// the strongest need not be the one that passes a gate.
type marks struct{ mention, reply, person, keyword bool }

func (f *Facts) marks() marks {
	return marks{
		mention: f.Message.Mentioned,
		reply:   f.Message.Reply,
		person:  slices.Contains(f.Settings.People, f.Message.Sender),
		keyword: hasKeyword(f.Message.Text, f.Settings.Keywords),
	}
}

// passes reports whether a message passes a gate.
func (m marks) passes(p Pass) bool {
	return p.Mentions && (m.mention || m.reply) || p.People && m.person || p.Keywords && m.keyword
}

// why returns the strongest reason for telling.
func (f *Facts) why(marks marks) Reason {
	m, byName := &f.Message, f.Settings.OnlyByName
	switch {
	case marks.mention:
		return ByMention
	case marks.person:
		return ByPerson
	case marks.keyword:
		return ByKeyword
	case marks.reply:
		return ByReply
	case m.Here && f.Recipient.Present && !byName:
		return ByHere
	case m.Everybody && !byName:
		return ByEverybody
	case m.Direct:
		return ByDirect
	}
	return ByMessage
}

// unwanted returns why the user's settings for the channel refuse the message.
func (f *Facts) unwanted(why Reason, marks marks, now time.Time) Reason {
	s := &f.Settings
	passes := marks.passes(s.PassMute)
	switch {
	case s.Muted && (s.MutedUntil.IsZero() || now.Before(s.MutedUntil)) && !passes:
		return Muted
	case s.Level == LevelNone && !passes:
		return ByLevel
	case s.Level == LevelMentions && (why == ByMessage || why == ByDirect):
		return ByLevel
	}
	return ""
}

// wait returns until when the user is not told, and why, or no reason. The zero time is forever.
func (f *Facts) wait(why Reason, marks marks, now time.Time) (until time.Time, _ Reason) {
	s := &f.Settings
	if !marks.passes(s.PassQuiet) {
		if now.Before(s.SnoozedUntil) {
			return s.SnoozedUntil, Snoozed
		}
		if end, quiet := s.Quiet.until(now); quiet {
			return end, Quiet
		}
	}
	while := whileActive
	if why != ByMessage && why != ByEverybody {
		while = whileActiveMentioned
	}
	if seen := f.Message.At.Add(while); f.Recipient.Active && now.Before(seen) {
		return seen, Active
	}
	if now.Before(f.Recipient.FreeAt) {
		return f.Recipient.FreeAt, Rate
	}
	return time.Time{}, ""
}
