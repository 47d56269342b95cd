package wire

import (
	"strings"
)

// maxQuietSpans is how many spans of quiet a user may set.
const maxQuietSpans = 14

// QuietSpan is a time of quiet that begins on some days of the week: bit 0 of Days is Sunday. From
// and To are minutes of a day, by the clock on the wall where the user is. If To is not after From,
// the span ends on the next day.
type QuietSpan struct {
	Days     uint8
	From, To int
}

// weekdays are the days of the week as the setting notify/quiet has them, from Sunday.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseQuiet reads the setting notify/quiet: spans such as "mon-fri 22:00-07:00; sat,sun
// 23:00-09:30", or "daily 22:00-07:00". Days may go around the end of the week, as fri-mon does.
// It reports whether the text is of that form.
func ParseQuiet(text string) (spans []QuietSpan, ok bool) {
	for part := range strings.SplitSeq(text, ";") {
		span, ok := parseQuietSpan(strings.TrimSpace(part))
		if !ok || len(spans) == maxQuietSpans {
			return nil, false
		}
		spans = append(spans, span)
	}
	return spans, true
}

func parseQuietSpan(text string) (s QuietSpan, ok bool) {
	days, hours, cut := strings.Cut(text, " ")
	if !cut {
		return s, false
	}
	from, to, cut := strings.Cut(hours, "-")
	if !cut {
		return s, false
	}
	if s.Days, ok = parseDays(days); !ok {
		return s, false
	}
	if s.From, ok = parseClock(from); !ok {
		return s, false
	}
	s.To, ok = parseClock(to)
	return s, ok
}

// parseDays reads days such as mon, mon-fri, or mon-wed,sat.
func parseDays(text string) (days uint8, ok bool) {
	if text == "daily" {
		return 1<<len(weekdays) - 1, true
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, to := weekday(first), weekday(last)
		if from < 0 || to < 0 {
			return 0, false
		}
		for day := from; ; day = (day + 1) % len(weekdays) {
			days |= 1 << day
			if day == to {
				break
			}
		}
	}
	return days, true
}

func weekday(name string) int {
	for i, day := range weekdays {
		if name == day {
			return i
		}
	}
	return -1
}

// parseClock reads 00:00 to 23:59.
func parseClock(text string) (minute int, ok bool) {
	if len(text) != len("00:00") || text[2] != ':' {
		return 0, false
	}
	digit := func(i int) int { return int(text[i]) - '0' }
	for _, i := range []int{0, 1, 3, 4} {
		if digit(i) < 0 || digit(i) > 9 {
			return 0, false
		}
	}
	hours, minutes := 10*digit(0)+digit(1), 10*digit(3)+digit(4)
	return 60*hours + minutes, hours < 24 && minutes < 60
}
