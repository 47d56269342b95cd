package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHighlights shows that highlights count code points, whatever their size, and lead back to
// the same bytes.
func TestHighlights(t *testing.T) {
	const text = "👩‍👩‍👧 池 at the pond"
	spans := [][2]int{{0, 18}, {19, 22}, {30, 34}}
	all := HighlightsOf(text, spans, InCaption, 2)
	want := []Highlight{
		{In: InCaption, Attachment: 2, Length: 5}, {In: InCaption, Attachment: 2, Start: 6, Length: 1}, {In: InCaption, Attachment: 2, Start: 15, Length: 4},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("highlights (-want +got):\n%s", diff)
	}
	for i, h := range all {
		if from, to := h.Span(text); from != spans[i][0] || to != spans[i][1] {
			t.Errorf("%+v is at %d-%d, want %v", h, from, to, spans[i])
		}
	}
	if got := HighlightsOf("abc", [][2]int{{0, 2}, {1, 3}, {3, 9}}, "", 0); len(got) != 2 || got[1] != (Highlight{Start: 2, Length: 1}) {
		t.Errorf("overlapping spans, and one beyond the end: %+v", got)
	}
	if from, to := (Highlight{Start: 9, Length: 9}).Span("abc"); from != 3 || to != 3 {
		t.Errorf("beyond the end: %d-%d", from, to)
	}
}

// TestFound_Some shows that an answer which is cut goes on where it was cut.
func TestFound_Some(t *testing.T) {
	f := Found{Next: "end", Count: 3, Hits: []Hit{{Seq: 3, Next: "a"}, {Seq: 2, Next: "b"}, {Seq: 1, Next: "end"}}}
	for n, want := range map[int]string{1: "a", 2: "b", 3: "end"} {
		some := f.Some(n).(Found)
		if len(some.Hits) != n || some.Next != want || some.Count != 3 {
			t.Errorf("%d hits: %+v", n, some)
		}
	}
	if f.Parts() != 3 {
		t.Errorf("it was written to: %+v", f)
	}
}

func TestHitLimit(t *testing.T) {
	if HitLimit(0) != 20 || HitLimit(7) != 7 {
		t.Errorf("%d, %d", HitLimit(0), HitLimit(7))
	}
}

// TestRawPage_Some shows that a page which is cut keeps the events that matter most, and the
// changes that belong to them, and says on which sides there are more.
func TestRawPage_Some(t *testing.T) {
	events := [][]byte{[]byte("0"), []byte("1"), []byte("2"), []byte("3"), []byte("4")}
	var changes []RawChange
	for behind := -1; behind < len(events); behind++ {
		changes = append(changes, RawChange{Frame: []byte{byte('a' + behind + 1)}, Behind: behind})
	}
	for name, c := range map[string]struct {
		page      RawPage
		n         int
		want      string
		more      bool
		moreAfter bool
	}{
		"from a place":       {RawPage{Events: events}, 2, "a0b1c", true, false},
		"up to a place":      {RawPage{Events: events, Near: 4}, 2, "3e4f", true, false},
		"all":                {RawPage{Events: events, Near: 4}, 5, "a0b1c2d3e4f", false, false},
		"around":             {RawPage{Events: events, Near: 2, Around: true}, 3, "1c2d3e", true, true},
		"around, the first":  {RawPage{Events: events, Around: true}, 3, "a0b1c2d", false, true},
		"around, the last":   {RawPage{Events: events, Near: 4, Around: true}, 3, "2d3e4f", true, false},
		"around, that alone": {RawPage{Events: events, Near: 3, Around: true}, 1, "3e", true, true},
		"around, none":       {RawPage{Events: events, Near: 2, Around: true}, 0, "", true, true},
		"nothing":            {RawPage{}, 0, "", false, false},
	} {
		if len(c.page.Events) > 0 {
			c.page.Changes = changes
		}
		some := c.page.Some(c.n).(RawPage)
		var got strings.Builder
		for at := -1; at < len(some.Events); at++ {
			if at >= 0 {
				got.Write(some.Events[at])
			}
			for _, c := range some.Changes {
				if c.Behind == at {
					got.Write(c.Frame)
				}
			}
		}
		if got.String() != c.want || some.More != c.more || some.MoreAfter != c.moreAfter {
			t.Errorf("%s: %q, %t, %t", name, got.String(), some.More, some.MoreAfter)
		}
	}
}
