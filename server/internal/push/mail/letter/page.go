package letter

import (
	"slices"
	"strconv"
	"time"

	"natterjack/server/internal/push/wording"
)

// page is the content of both forms of a letter.
type page struct {
	Language wording.Language
	Title    string
	Talks    []talk
	More     string // empty if all is shown
	Open     link
	Why      string
	Settings link
	Leave    link
}

// talk holds the missed messages of one channel.
type talk struct {
	Name string // of a group; empty if it is not told
	Said []said
}

type said struct {
	Who, When, Text string // Text is empty if it is not told
	Show            link
}

type link struct{ URL, Text string }

func (l *Letter) page() *page {
	w := wordsOf(l.Language)
	count := strconv.Itoa(len(l.Missed))
	if l.AtLeast {
		count = w.atLeast(count)
	}
	p := &page{
		Language: l.Language, Title: w.title(count, len(l.Missed), l.senders()), Why: w.why,
		Open: link{l.Home + "/", w.open}, Settings: link{l.Home + "/settings/notifications", w.settings}, Leave: link{l.Unsubscribe, w.leave},
	}
	if l.Privacy != wording.Full && l.Privacy != wording.Sender {
		return p
	}
	shown := l.Missed[:min(len(l.Missed), MostShown)]
	p.Talks = l.talks(shown, &w)
	if l.AtLeast || len(shown) < len(l.Missed) {
		p.More = w.more
	}
	return p
}

// senders returns the names of the senders, or nothing if the mail must not name them.
func (l *Letter) senders() (names []string) {
	if l.Privacy != wording.Full && l.Privacy != wording.Sender {
		return nil
	}
	for i := range l.Missed {
		if name := wording.Name(l.Missed[i].Sender); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// talks returns messages by channel, the channel of the first message first.
func (l *Letter) talks(all []Missed, w *words) (talks []talk) {
	place := map[string]int{}
	for i := range all {
		m := &all[i]
		at, known := place[m.Channel]
		if !known {
			at = len(talks)
			place[m.Channel] = at
			talks = append(talks, talk{})
			if l.Privacy == wording.Full {
				talks[at].Name = wording.Name(m.Group)
			}
		}
		talks[at].Said = append(talks[at].Said, l.said(m, w))
	}
	return talks
}

func (l *Letter) said(m *Missed, w *words) said {
	s := said{
		Who: wording.Name(m.Sender), When: l.when(m.At, w),
		Show: link{l.Home + "/c/" + m.Channel + "/" + strconv.FormatUint(m.Seq, 10), w.show},
	}
	if l.Privacy == wording.Full {
		s.Text = wording.Excerpt(m.Content, maxText, l.Language)
	}
	return s
}

// when returns a time by the user's clock, or by UTC, and then says so.
func (l *Letter) when(at time.Time, w *words) string {
	if l.Zone == nil {
		return w.when(at.UTC()) + " UTC"
	}
	return w.when(at.In(l.Zone))
}
