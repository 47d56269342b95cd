package corpus

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestText shows that messages depend on nothing but their number, and that words are as common
// as they are said to be.
func TestText(t *testing.T) {
	c, again := New(1), New(1)
	const messages = 20_000
	runes := 0
	var common, rare int
	for i := range messages {
		text := c.Text(i)
		if i%1000 == 0 && text != again.Text(i) {
			t.Fatalf("message %d differs", i)
		}
		runes += utf8.RuneCountInString(text)
		if strings.Contains(" "+text+" ", " "+c.english[3]+" ") {
			common++
		}
		if strings.Contains(" "+text+" ", " "+c.english[40_000]+" ") {
			rare++
		}
	}
	if mean := runes / messages; mean < 40 || mean > 80 {
		t.Errorf("%d characters a message", mean)
	}
	if common < messages/500 || rare > messages/2000 {
		t.Errorf("a common word is in %d messages, and a rare one in %d", common, rare)
	}
}

func TestQueries(t *testing.T) {
	c := New(1)
	for _, kind := range []string{"rare", "common", "cjk", "phrase", "prefix", "infix"} {
		for _, q := range c.Queries(kind, 20) {
			if len(q) < 3 {
				t.Errorf("%s: %q", kind, q)
			}
		}
	}
}
