package query

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func word(s string) Clause               { return Clause{Kind: Word, Value: s} }
func phrase(s string) Clause             { return Clause{Kind: Phrase, Value: s} }
func clause(k Kind, value string) Clause { return Clause{Kind: k, Value: value} }
func not(c Clause) Clause                { c.Not = true; return c }

func TestParse(t *testing.T) {
	for input, want := range map[string][]Clause{
		"":                        nil,
		"  \t\u3000 ":             nil,
		"kitchen":                 {word("kitchen")},
		"red kitchen":             {word("red"), word("kitchen")},
		"東京　大阪":                   {word("東京"), word("大阪")},
		`"red kitchen"`:           {phrase("red kitchen")},
		"“red kitchen” x":         {phrase("red kitchen"), word("x")},
		`" red "`:                 {phrase("red")},
		`"a \"b\" c\\d"`:          {phrase(`a "b" c\d`)},
		`say "yes`:                {word("say"), word(`"yes`)},
		`""`:                      {word(`""`)},
		`"a"b`:                    {phrase("a"), word("b")},
		`a"b c"d`:                 {word(`a"b`), word(`c"d`)},
		"-draft":                  {not(word("draft"))},
		`-"red kitchen"`:          {not(phrase("red kitchen"))},
		"－下書き":                    {not(word("下書き"))},
		"-":                       {word("-")},
		"- x":                     {word("-"), word("x")},
		"--x --dry-run -x":        {word("--x"), word("--dry-run"), not(word("x"))},
		"e-mail":                  {word("e-mail")},
		"deploy*":                 {clause(Prefix, "deploy")},
		"デプロイ＊":                   {clause(Prefix, "デプロイ")},
		"-deploy*":                {not(clause(Prefix, "deploy"))},
		"*":                       {word("*")},
		"**":                      {clause(Prefix, "*")},
		"a*b":                     {word("a*b")},
		"from:alice":              {clause(From, "alice")},
		"from:@alice in:#general": {clause(From, "alice"), clause(In, "general")},
		"From:Alice":              {clause(From, "Alice")},
		"ｆｒｏｍ：田中":                 {clause(From, "田中")},
		`in:"Field recordings" x`: {clause(In, "Field recordings"), word("x")},
		`in:"#Field recordings"`:  {clause(In, "Field recordings")},
		`in:“Design team”`:        {clause(In, "Design team")},
		"from:alice from:bob":     {clause(From, "alice"), clause(From, "bob")},
		"-in:random":              {not(clause(In, "random"))},
		"with:carol":              {clause(With, "carol")},
		"from:":                   {word("from:")},
		"from: alice":             {word("from:"), word("alice")},
		"from:@":                  {word("from:@")},
		`from:""`:                 {word(`from:""`)},
		`from:"a b`:               {clause(From, `"a`), word("b")},
		"before:2026-03-01":       {clause(Before, "2026-03-01")},
		"after:２０２６／３／１":          {clause(After, "2026/3/1")},
		"on:2026年3月1日":            {clause(On, "2026年3月1日")},
		"on:1.3.2026":             {clause(On, "1.3.2026")},
		"on:2026-03":              {clause(On, "2026-03")},
		"before:2026":             {clause(Before, "2026")},
		"after:7d":                {clause(After, "7d")},
		"on:Today on:yesterday":   {clause(On, "today"), clause(On, "yesterday")},
		"on:今日 on:きのう on:오늘 on:сегодня":     {clause(On, "今日"), clause(On, "キノウ"), clause(On, "오늘"), clause(On, "сегодня")},
		"on:วันนี้":                         {clause(On, "วันนี้")},
		"on:aujourd’hui":                    {clause(On, "aujourd'hui")},
		"before:2026-02-30":                 {word("before:2026-02-30")},
		"before:2026-13":                    {word("before:2026-13")},
		"before:soon":                       {word("before:soon")},
		"on:3/4/2026":                       {word("on:3/4/2026")}, // of two readings, neither is certain
		"has:image has:Links -has:reaction": {clause(Has, "image"), clause(Has, "link"), not(clause(Has, "reaction"))},
		"has:wings":                         {word("has:wings")},
		"is:pinned is:unread is:mentioned":  {clause(Is, "pinned"), clause(Is, "unread"), clause(Is, "mention")},
		"is:it":                             {word("is:it")},
		"https://example.org/a?b=c":         {word("https://example.org/a?b=c")},
		"C:\\temp a:b in: ::":               {word("C:\\temp"), word("a:b"), word("in:"), word("::")},
		"@alice #general":                   {word("@alice"), word("#general")},
		"x\xffy":                            {word("xy")},
		"a\x00b":                            {word("a"), word("b")},
		"👩‍💻 -🎉":                            {word("👩‍💻"), not(word("🎉"))},
	} {
		got := Parse(input)
		if diff := cmp.Diff(want, got.Clauses); diff != "" || got.Cut {
			t.Errorf("%q: cut %t (-want +got):\n%s", input, got.Cut, diff)
		}
		if again := Parse(got.String()); !cmp.Equal(got, again) {
			t.Errorf("%q is printed as %q, which means %+v", input, got, again)
		}
	}
}

func TestParse_isBounded(t *testing.T) {
	if q := Parse(strings.Repeat("語", MaxBytes)); !q.Cut || len(q.Clauses) != 1 || len(q.Clauses[0].Value) > MaxBytes {
		t.Errorf("a long word: %d clauses, cut %t", len(q.Clauses), q.Cut)
	}
	if q := Parse(strings.Repeat("a ", MaxClauses)); q.Cut || len(q.Clauses) != MaxClauses {
		t.Errorf("as many words as are allowed: %d clauses, cut %t", len(q.Clauses), q.Cut)
	}
	if q := Parse(strings.Repeat("a ", MaxClauses+1)); !q.Cut || len(q.Clauses) != MaxClauses {
		t.Errorf("many words: %d clauses, cut %t", len(q.Clauses), q.Cut)
	}
}

func TestQuery_parts(t *testing.T) {
	q := Parse(`a from:x "b c" -from:y from:x in:z d*`)
	if diff := cmp.Diff([]Clause{word("a"), phrase("b c"), clause(Prefix, "d")}, q.Text()); diff != "" {
		t.Error(diff)
	}
	if got := q.Names(From, false); !cmp.Equal(got, []string{"x"}) {
		t.Errorf("from %q", got)
	}
	if got := q.Names(From, true); !cmp.Equal(got, []string{"y"}) {
		t.Errorf("not from %q", got)
	}
}

func TestTimes(t *testing.T) {
	tokyo := zone(t, "Asia/Tokyo")
	now := time.Date(2026, 3, 31, 8, 30, 0, 0, tokyo) // in UTC the 30th
	for _, c := range []struct{ query, in, out string }{
		{"before:2026-03-05", "2026-03-04 23:59", "2026-03-05 00:00"},
		{"after:2026-03-05", "2026-03-06 00:00", "2026-03-05 23:59"},
		{"on:2026-03-05", "2026-03-05 00:00", "2026-03-06 00:00"},
		{"on:2026-03-05", "2026-03-05 23:59", "2026-03-04 23:59"},
		{"on:5.3.2026", "2026-03-05 12:00", "2026-05-03 12:00"},
		{"on:2026-02", "2026-02-28 23:59", "2026-03-01 00:00"},
		{"after:2026-02", "2026-03-01 00:00", "2026-02-28 23:59"},
		{"before:2026", "2025-12-31 23:59", "2026-01-01 00:00"},
		{"on:today", "2026-03-31 00:00", "2026-03-30 23:59"},
		{"on:yesterday", "2026-03-30 23:59", "2026-03-31 00:00"},
		{"before:today", "2026-03-30 23:59", "2026-03-31 00:00"},
		{"after:7d", "2026-03-25 00:00", "2026-03-24 23:59"},
		{"after:1w", "2026-03-25 00:00", "2026-03-24 23:59"},
		{"on:1m", "2026-02-28 12:00", "2026-03-03 12:00"},
		{"on:1y", "2025-03-31 12:00", "2025-03-30 12:00"},
		{"on:2026-03-01 on:2026-03-05", "2026-03-05 12:00", "2026-03-03 12:00"},
		{"-on:2026-03-05", "2026-03-04 12:00", "2026-03-05 12:00"},
		{"-before:2026-03-05", "2026-03-05 00:00", "2026-03-04 23:59"},
		{"-after:2026-03-05", "2026-03-05 23:59", "2026-03-06 00:00"},
		{"after:2026-03-01 before:2026-03-05 before:2026-03-07", "2026-03-04 23:59", "2026-03-05 00:00"},
	} {
		times := Parse(c.query).Times(now)
		if !times.Contain(at(t, c.in, tokyo)) {
			t.Errorf("%s: without %s", c.query, c.in)
		}
		if times.Contain(at(t, c.out, tokyo)) {
			t.Errorf("%s: with %s", c.query, c.out)
		}
	}
	if !Parse("x").Times(now).Contain(now) {
		t.Error("a query without dates has bounds")
	}
}

// TestTimes_clocksAreSet shows that a day is as long as it is where the user lives.
func TestTimes_clocksAreSet(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	times := Parse("on:2026-03-29").Times(time.Date(2026, 4, 1, 0, 0, 0, 0, berlin))
	if length := times.Until.Sub(times.From); length != 23*time.Hour {
		t.Errorf("the day on which clocks go forward has %v", length)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t *testing.T, s string, z *time.Location) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", s, z)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`a "b c" -d e* from:@f in:"g h" before:2026-01-01 has:image`, `"a \"b`, `from:"@ ＠x" "" " " \"`, "-－x ** ＊ ：", `x"y "z\\"w`,
	} {
		f.Add(s)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		q := Parse(s)
		printed := q.String()
		for _, c := range q.Clauses {
			if c.Value == "" {
				t.Fatalf("%q has an empty clause", s)
			}
		}
		q.Times(now).Contain(now)
		if len(printed) > MaxBytes {
			return
		}
		again := Parse(printed)
		again.Cut = q.Cut
		if !cmp.Equal(q, again) {
			t.Fatalf("%q is %+v, printed as %q, which is %+v", s, q, printed, again)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse(`from:alice in:"Field recordings" "red kitchen" -draft deploy* after:2026-01-01 東京`)
	}
}
