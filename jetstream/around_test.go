package jetstream

import (
	"fmt"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// TestHistory_around reads the messages on either side of one.
func TestHistory_around(t *testing.T) {
	l := alone(t)
	for n := range 9 {
		text := "hi"
		if n == 7 {
			text = strings.Repeat("long ", 2000)
		}
		s := in("alice~bob", fmt.Sprint("c", n+1), text)
		mustSend(t, l, "alice", s)
	}
	change(t, l, "alice", wire.Delete{Channel: "alice~bob", Seq: 5})
	for name, c := range map[string]struct {
		around    uint64
		limit     int
		want      string
		near      int
		more      bool
		moreAfter bool
	}{
		"the middle":            {5, 5, "3 4 5 6 7", 2, true, true},
		"an even number":        {5, 4, "4 5 6 7", 1, true, true},
		"one":                   {5, 1, "5", 0, true, true},
		"the beginning":         {1, 5, "1 2 3 4 5", 0, false, true},
		"near the beginning":    {2, 6, "1 2 3 4 5 6", 1, false, true},
		"the end":               {9, 3, "7 8 9", 2, true, false},
		"beyond the end":        {1000, 3, "7 8 9", 2, true, false},
		"all":                   {4, 50, "1 2 3 4 5 6 7 8 9", 3, false, false},
		"the last of a channel": {9, 1, "9", 0, true, false},
	} {
		page, err := ask[wire.RawPage](t.Context(), l, "bob", wire.History{Channel: "alice~bob", Around: c.around, Limit: c.limit})
		if err != nil {
			t.Fatal(err)
		}
		var seqs []string
		for _, frame := range page.Events {
			f, err := wire.DecodeFrame(frame)
			if err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, fmt.Sprint(f.(wire.Event).Seq))
		}
		if got := strings.Join(seqs, " "); got != c.want || page.Near != c.near || page.More != c.more || page.MoreAfter != c.moreAfter {
			t.Errorf("%s: %s, near %d, more %t, after %t", name, got, page.Near, page.More, page.MoreAfter)
		}
	}
}
