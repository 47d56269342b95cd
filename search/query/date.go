package query

import (
	"regexp"
	"strconv"
	"time"
)

// day tells a day, month or year: one of the calendar, or one so many units ago.
type day struct {
	year, month, day int  // month and day are 0 if the date leaves them open
	ago              int  // how many units ago, if unit is set
	unit             rune // d, w, m or y
}

// today and yesterday in some languages, folded.
var named = map[string]int{
	"today": 0, "yesterday": 1, "今日": 0, "昨日": 1, "キョウ": 0, "キノウ": 1, "今天": 0, "昨天": 1, "오늘": 0, "어제": 1,
	"วันนี้": 0, "เมื่อวาน": 1, "heute": 0, "gestern": 1, "aujourd'hui": 0, "hier": 1, "сегодня": 0, "вчера": 1,
}

var (
	ymd  = regexp.MustCompile(`^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?$`)
	dmy  = regexp.MustCompile(`^(\d{1,2})\.(\d{1,2})\.(\d{4})$`)
	back = regexp.MustCompile(`^(\d{1,4})([dwmy])$`)
)

// dayOf returns the day, month or year that a folded text names.
func dayOf(s string) (day, bool) {
	if n, ok := named[s]; ok {
		return day{ago: n, unit: 'd'}, true
	}
	if m := back.FindStringSubmatch(s); m != nil {
		return day{ago: number(m[1]), unit: rune(m[2][0])}, true
	}
	if m := ymd.FindStringSubmatch(s); m != nil {
		d := day{year: number(m[1]), month: number(m[2]), day: number(m[3])}
		return d, d.exists(m[2] != "", m[3] != "")
	}
	if m := dmy.FindStringSubmatch(s); m != nil {
		d := day{year: number(m[3]), month: number(m[2]), day: number(m[1])}
		return d, d.exists(true, true)
	}
	return day{}, false
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // the group is empty
	}
	return n
}

// exists reports whether the calendar has the date.
func (d day) exists(month, ofMonth bool) bool {
	switch {
	case d.year == 0:
		return false
	case !month:
		return true
	case d.month < 1 || d.month > 12:
		return false
	case !ofMonth:
		return true
	default:
		t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
		return d.day > 0 && t.Day() == d.day
	}
}

// span returns the time from which the date lasts, and the one at which it ends. Both are
// midnights of the zone of now. So a day has 23 or 25 hours when clocks are set.
func (d day) span(now time.Time) (from, until time.Time) {
	y, m, today := now.Date()
	at := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, now.Location())
	}
	switch {
	case d.unit == 'w':
		d.ago *= 7
	case d.unit == 'm':
		first := at(y, m-time.Month(d.ago), 1)
		last := at(first.Year(), first.Month()+1, 0).Day() // a month ago is the 30th, if there was no 31st
		y, m, today, d.ago = first.Year(), first.Month(), min(today, last), 0
	case d.unit == 'y':
		last := at(y-d.ago, m+1, 0).Day()
		y, today, d.ago = y-d.ago, min(today, last), 0
	case d.unit == 0 && d.month == 0:
		return at(d.year, 1, 1), at(d.year+1, 1, 1)
	case d.unit == 0 && d.day == 0:
		return at(d.year, time.Month(d.month), 1), at(d.year, time.Month(d.month)+1, 1)
	case d.unit == 0:
		y, m, today = d.year, time.Month(d.month), d.day
	}
	return at(y, m, today-d.ago), at(y, m, today-d.ago+1)
}

// Times tells when a message may have been sent.
type Times struct {
	From, Until time.Time // no bound if zero; at Until itself it may not
	on, not     []window
}

type window struct{ from, until time.Time }

func (w window) has(t time.Time) bool { return !t.Before(w.from) && t.Before(w.until) }

// Times returns when a message must have been sent to be found. Now is the time of the user who
// asks, in their zone. Before a day is before it begins, and after a day is after it ends.
func (q Query) Times(now time.Time) Times {
	var times Times
	for _, c := range q.Clauses {
		if c.Kind != Before && c.Kind != After && c.Kind != On {
			continue
		}
		d, ok := dayOf(c.Value)
		if !ok {
			continue // only a query that was not parsed has this
		}
		from, until := d.span(now)
		switch {
		case c.Kind == On && c.Not:
			times.not = append(times.not, window{from, until})
		case c.Kind == On:
			times.on = append(times.on, window{from, until})
		case c.Kind == Before && c.Not:
			times.notBefore(from)
		case c.Kind == Before:
			times.notFrom(from)
		case c.Not:
			times.notFrom(until)
		default:
			times.notBefore(until)
		}
	}
	times.narrow()
	return times
}

func (t *Times) notBefore(at time.Time) {
	if t.From.IsZero() || at.After(t.From) {
		t.From = at
	}
}

func (t *Times) notFrom(at time.Time) {
	if t.Until.IsZero() || at.Before(t.Until) {
		t.Until = at
	}
}

// narrow makes From and Until as narrow as the days allow.
func (t *Times) narrow() {
	if len(t.on) == 0 {
		return
	}
	all := t.on[0]
	for _, w := range t.on[1:] {
		if w.from.Before(all.from) {
			all.from = w.from
		}
		if w.until.After(all.until) {
			all.until = w.until
		}
	}
	t.notBefore(all.from)
	t.notFrom(all.until)
}

// Contain reports whether a message of that time may be found.
func (t Times) Contain(at time.Time) bool {
	if !t.From.IsZero() && at.Before(t.From) || !t.Until.IsZero() && !at.Before(t.Until) {
		return false
	}
	for _, w := range t.not {
		if w.has(at) {
			return false
		}
	}
	for _, w := range t.on {
		if w.has(at) {
			return true
		}
	}
	return len(t.on) == 0
}
