package match_test

import (
	"testing"

	"natterjack/search/internal/suite"
	"natterjack/search/match"
	"natterjack/search/query"
	"natterjack/search/text"
)

// TestWants shows that an index misses no message: whatever matches has the tokens that its
// class wants.
func TestWants(t *testing.T) {
	for _, dir := range []string{"../testdata", "../testdata/second", "../testdata/third", "../testdata/fourth", "../testdata/fifth"} {
		s, err := suite.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		candidates, hits := 0, 0
		for _, q := range s.Queries {
			m := match.New(query.Parse(q.Text), nil)
			if m.Empty() {
				continue
			}
			for _, message := range s.Messages {
				keys := keysOf(message.Text, message.File)
				hit, ok := m.Match(message.Text, message.File)
				if ok {
					hits++
				}
				if hold(m.Wants(match.Part), keys) {
					candidates++
				}
				for c := match.Part; ok && c <= hit.Class; c++ {
					if !hold(m.Wants(c), keys) {
						t.Errorf("%s: %s is %s, and is not wanted as %s", q.Text, message.ID, hit.Class, c)
					}
				}
			}
		}
		t.Logf("%d candidates for %d hits", candidates, hits)
	}
}

func hold(wants []match.Want, keys []string) bool {
	for _, w := range wants {
		if !w.Holds(keys) {
			return false
		}
	}
	return true
}

func keysOf(fields ...string) []string {
	var keys []string
	for _, f := range fields {
		for token := range text.Fold(f).Tokens() {
			keys = append(keys, token.Key())
		}
	}
	return keys
}

// FuzzWants shows the same for any query and text.
func FuzzWants(f *testing.F) {
	f.Add("fox -dog \"a b\" c*", "The quick fox a b c")
	f.Add("httpresp iphone17 1.2", "parseHTTPResponse iPhone 17 v1.2.3")
	f.Add("👩‍💻 第12回 r&d", "👩🏽‍💻 第 12 回 R&D")
	f.Fuzz(func(t *testing.T, input, field string) {
		if len(input) > 100 || len(field) > 500 {
			return
		}
		m := match.New(query.Parse(input), nil)
		hit, ok := m.Match(field)
		if !ok || m.Empty() {
			return
		}
		for c := match.Part; c <= hit.Class; c++ {
			if !hold(m.Wants(c), keysOf(field)) {
				t.Fatalf("%q finds %q as %s, and does not want it as %s: %+v of %q", input, field, hit.Class, c, m.Wants(c), keysOf(field))
			}
		}
	})
}
