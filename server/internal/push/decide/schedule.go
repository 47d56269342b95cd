package decide

import "time"

// Schedule is when a user wants quiet, week by week, by the clocks of where they are.
type Schedule struct {
	Spans []Span
	Zone  *time.Location // nil for UTC
}

// Span is a time of quiet that begins on some days of the week. From and To are minutes of a day,
// by the clock on the wall. If To is not after From, the span ends on the next day.
type Span struct {
	Days     Days
	From, To int
}

// Days is a set of days of the week.
type Days uint8

// EveryDay is the set of all days.
const EveryDay Days = 1<<7 - 1

// On returns the set of some days.
func On(days ...time.Weekday) (set Days) {
	for _, day := range days {
		set |= 1 << day
	}
	return set
}

// Has reports whether a day is in the set.
func (d Days) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// until returns when the quiet ends that is at a time. It is the zero time if the quiet goes on for
// longer than a message waits.
func (s Schedule) until(now time.Time) (end time.Time, quiet bool) {
	for end = now; end.Sub(now) <= maxAge; {
		next := s.end(end)
		if next.IsZero() {
			return end, end.After(now)
		}
		end = next
	}
	return time.Time{}, true
}

// end returns the end of the span that a time is in, the latest if there are several, or zero.
func (s Schedule) end(at time.Time) (end time.Time) {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := at.In(zone).Date()
	for _, begun := range []int{day, day - 1} {
		for _, span := range s.Spans {
			from := clock(year, month, begun, span.From, zone)
			if !span.Days.Has(time.Date(year, month, begun, 12, 0, 0, 0, zone).Weekday()) || at.Before(from) {
				continue
			}
			last := begun
			if span.To <= span.From {
				last++
			}
			if to := clock(year, month, last, span.To, zone); at.Before(to) && to.After(end) {
				end = to
			}
		}
	}
	return end
}

// clock returns the first moment at which the clocks of a day show a minute, or a later one: where
// clocks go forward over the minute, it is the moment of the change.
func clock(year int, month time.Month, day, minute int, zone *time.Location) time.Time {
	at := time.Date(year, month, day, 0, minute, 0, 0, zone)
	wall := func(t time.Time) int { // minutes since a fixed day, as the clocks show them
		y, m, d := t.Date()
		return int(time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, time.UTC).Unix() / 60)
	}
	want := int(time.Date(year, month, day, 0, minute, 0, 0, time.UTC).Unix() / 60)
	// The change of clocks next to at, if any, is at the bounds of its zone.
	start, end := at.ZoneBounds()
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		before := change.Add(-time.Minute)
		jump := wall(change) - wall(before) - 1
		switch {
		case jump > 0 && wall(before) < want && want < wall(change):
			return change
		case jump < 0 && wall(change) <= want && want <= wall(before):
			return before.Add(time.Duration(want-wall(before)) * time.Minute)
		}
	}
	return at
}
