package letter

import (
	"strings"
	"time"
)

var english = words{
	title:    englishTitle,
	atLeast:  func(count string) string { return count + "+" },
	when:     func(at time.Time) string { return at.Format("Mon 2 Jan, 15:04") },
	more:     "There are more in the app.",
	show:     "Show the message",
	open:     "Open Natterjack",
	why:      "You get this mail because you asked for a digest of what you miss.",
	settings: "Settings",
	leave:    "Unsubscribe",
}

func englishTitle(count string, n int, names []string) string {
	what := count + " messages"
	if n == 1 {
		what = "A message"
	}
	switch len(names) {
	case 0:
		return what + " you have not read"
	case 1, 2:
		return what + " from " + strings.Join(names, " and ")
	}
	return what + " from " + names[0] + ", " + names[1] + " and others"
}
