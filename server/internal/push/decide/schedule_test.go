package decide

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// isQuiet looks at the clock on the wall, and knows nothing of changes of clocks.
func isQuiet(s Schedule, at time.Time) bool {
	if s.Zone != nil {
		at = at.In(s.Zone)
	} else {
		at = at.UTC()
	}
	minute, yesterday := at.Hour()*60+at.Minute(), (at.Weekday()+6)%7
	for _, span := range s.Spans {
		overnight := span.To <= span.From
		switch {
		case span.Days.Has(at.Weekday()) && minute >= span.From && (overnight || minute < span.To):
			return true
		case overnight && span.Days.Has(yesterday) && minute < span.To:
			return true
		}
	}
	return false
}

// near reports whether the clocks change within two hours of a time, or did.
func near(at time.Time, zone *time.Location) bool {
	_, before := at.Add(-2 * time.Hour).In(zone).Zone()
	_, after := at.Add(2 * time.Hour).In(zone).Zone()
	return before != after
}

// TestSchedule_model compares the end of quiet hours with the clock on the wall, minute by minute,
// in any week of a year: quiet until the end, and not quiet there.
func TestSchedule_model(t *testing.T) {
	year := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC) // Brazil still changed its clocks, at midnight
	rule := func(t *rapid.T) {
		s := schedule(t)
		now := year.Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		end, quiet := s.until(now)
		if quiet != isQuiet(s, now) && !near(now, s.Zone) {
			t.Fatalf("at %v quiet is %v", now.In(s.Zone), quiet)
		}
		if !quiet {
			if !end.Equal(now) {
				t.Fatalf("not quiet at %v, but until %v", now, end)
			}
			return
		}
		last := end
		if end.IsZero() {
			last = now.Add(maxAge)
		} else if isQuiet(s, end) && !near(end, s.Zone) {
			t.Fatalf("at %v it ends at %v, when it is quiet", now.In(s.Zone), end.In(s.Zone))
		}
		for at := now; at.Before(last); at = at.Add(7 * time.Minute) {
			if !isQuiet(s, at) && !near(at, s.Zone) {
				t.Fatalf("at %v it is quiet until %v, but not at %v", now.In(s.Zone), end, at.In(s.Zone))
			}
		}
	}
	for range 10 { // of 100 cases each
		rapid.Check(t, rule)
	}
}

// TestSchedule_clocks shows what happens when clocks change: the wall counts.
func TestSchedule_clocks(t *testing.T) {
	berlin, sao := load(t, "Europe/Berlin"), load(t, "America/Sao_Paulo")
	for name, c := range map[string]struct {
		zone     *time.Location
		from, to int
		at, want string
	}{
		"an ordinary night":           {berlin, 22 * 60, 7 * 60, "2026-03-10T22:00:00Z", "2026-03-11T06:00:00Z"},
		"a night that is shorter":     {berlin, 22 * 60, 7 * 60, "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"},
		"a night that is longer":      {berlin, 22 * 60, 7 * 60, "2026-10-24T22:00:00Z", "2026-10-25T06:00:00Z"},
		"an end that does not come":   {berlin, 22 * 60, 2*60 + 30, "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z"},
		"an end that comes twice":     {berlin, 22 * 60, 2*60 + 30, "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z"},
		"after it has come once":      {berlin, 22 * 60, 2*60 + 30, "2026-10-25T01:15:00Z", ""},
		"a begin that does not come":  {berlin, 2*60 + 30, 4 * 60, "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		"before that begin":           {berlin, 2*60 + 30, 4 * 60, "2026-03-29T00:59:00Z", ""},
		"all of it does not come":     {berlin, 2*60 + 10, 2*60 + 50, "2026-03-29T01:00:00Z", ""},
		"a day that begins at one":    {sao, 0, 60, "2018-11-04T03:00:00Z", ""},
		"midnight that does not come": {sao, 22 * 60, 0, "2018-11-04T01:30:00Z", "2018-11-04T03:00:00Z"},
		"the first minute":            {berlin, 22 * 60, 7 * 60, "2026-03-10T21:00:00Z", "2026-03-11T06:00:00Z"},
		"a moment before":             {berlin, 22 * 60, 7 * 60, "2026-03-10T20:59:59Z", ""},
		"the last moment":             {berlin, 22 * 60, 7 * 60, "2026-03-11T05:59:59Z", "2026-03-11T06:00:00Z"},
		"the end":                     {berlin, 22 * 60, 7 * 60, "2026-03-11T06:00:00Z", ""},
	} {
		s := Schedule{Zone: c.zone, Spans: []Span{{Days: EveryDay, From: c.from, To: c.to}}}
		at := parse(t, c.at)
		end, quiet := s.until(at)
		if c.want == "" && quiet || c.want != "" && (!quiet || !end.Equal(parse(t, c.want))) {
			t.Errorf("%s: at %s quiet is %v until %s, want %q", name, c.at, quiet, end.UTC().Format(time.RFC3339), c.want)
		}
	}
}

func TestSchedule_weekend(t *testing.T) {
	tokyo := load(t, "Asia/Tokyo")
	s := Schedule{Zone: tokyo, Spans: []Span{
		{Days: EveryDay, From: 19 * 60, To: 9 * 60},
		{Days: On(time.Saturday, time.Sunday), From: 0, To: 0},
	}}
	friday := time.Date(2026, 3, 6, 20, 0, 0, 0, tokyo)
	if end, quiet := s.until(friday); !quiet || !end.Equal(time.Date(2026, 3, 9, 9, 0, 0, 0, tokyo)) {
		t.Errorf("on Friday evening: quiet is %v until %v", quiet, end)
	}
	if _, quiet := (Schedule{Spans: []Span{{Days: On(time.Monday), From: 60, To: 120}}}).until(friday); quiet {
		t.Error("it is quiet on a day without a span")
	}
	if _, quiet := (Schedule{}).until(friday); quiet {
		t.Error("it is quiet without a schedule")
	}
}

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
