package index

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"natterjack/search/query"
)

// longWords returns columns with words for several stretches, of which some lie across their ends.
func longWords() *columns {
	var words bytes.Buffer
	words.WriteByte('\n')
	for i := 0; words.Len() < 3*scanBytes+100; i++ {
		fmt.Fprintf(&words, "w%dtoadx\n", i)
	}
	return &columns{words: words.Bytes()}
}

// TestAround shows that each word with a part is visited once, wherever it lies, and that every
// byte is charged.
func TestAround(t *testing.T) {
	c := longWords()
	for _, part := range []string{"toad", "9toadx", "w1", "23", "nothing"} {
		var want, got []string
		for word := range strings.FieldsSeq(string(c.words)) {
			if strings.Contains(word, part) {
				want = append(want, word)
			}
		}
		scanned := 0
		scan := func(bytes int) bool { scanned += bytes; return bytes <= scanBytes }
		err := c.around(part, scan, func(word string) (bool, error) { got = append(got, word); return true, nil })
		if err != nil || len(got) != len(want) || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %d words, %v, want %d", part, len(got), err, len(want))
		}
		if most := len(c.words); scanned > most || scanned < most-10*len("\nw1234567toadx") {
			t.Errorf("%s: charged %d bytes of %d", part, scanned, most)
		}
	}
	scans := 0
	err := c.around("nothing", func(int) bool { scans++; return scans < 2 }, func(string) (bool, error) { return true, nil })
	if err != nil || scans != 2 {
		t.Errorf("went on for %d stretches, %v", scans, err)
	}
}

// TestSearch_infixIsCharged shows that a search for a part of a word is charged for all the words
// that it looks through, and ends among them when its time is over.
func TestSearch_infixIsCharged(t *testing.T) {
	x, source := many(t, 10)
	long := longWords().words
	for _, p := range x.current.parts {
		p.columns.words = long
	}
	req := Request{Query: query.Parse("frogspawn"), Now: time.Now(), Channels: []string{"c"}}
	page, err := x.Search(t.Context(), req, source, nil)
	if err != nil || page.Work < len(long)/bytesPerScan/2 {
		t.Errorf("%d of work for %d bytes, %v", page.Work, len(long), err)
	}
	req.Budget.Until = time.Now()
	late, err := x.Search(t.Context(), req, source, nil)
	if err != nil || late.Work >= page.Work || !late.AtLeast {
		t.Errorf("too late: %d of work, at least %t, %v", late.Work, late.AtLeast, err)
	}
}
