package jetstream

import (
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// BenchmarkMoved measures a second in which all members of a group of 500 read and all watch,
// without the sockets.
func BenchmarkMoved(b *testing.B) {
	l := alone(b)
	users := make([]string, 500)
	for i := range users {
		users[i] = fmt.Sprintf("u%03d", i)
	}
	group, err := l.CreateGroup(b.Context(), users[0], &wire.CreateGroup{ClientID: "g", Name: "all", Members: users[1:]})
	if err != nil {
		b.Fatal(err)
	}
	awaitMessage(b, l, mustSend(b, l, users[0], in(group.ID, "c", "hi")))
	for _, user := range users {
		if err := l.Read(b.Context(), user, group.ID, 1); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		m, err := l.ReceiptsOf(group.ID, users)
		if err != nil {
			b.Fatal(err)
		}
		for _, user := range users {
			if m.Sight(user) != SeesRead {
				b.Fatal(user)
			}
		}
		m.For(SeesRead)
	}
}
