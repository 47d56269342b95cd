package natter

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"natterjack/server/wire"
)

// ServerOfExamples returns a handler that replaces a server in the examples. Each line is
// "user: text" and is stored in the channel of user and alice. Positions begin with 1.
func ServerOfExamples(lines ...string) http.Handler {
	m := newFaulty(1, 1, nil)
	for i, line := range lines {
		user, text, _ := strings.Cut(line, ": ")
		m.store(user, &wire.Send{To: "alice", ClientID: fmt.Sprint(i), Content: wire.Content{Text: text}})
	}
	mux := http.NewServeMux()
	mux.Handle("/", m.handler(&rig{ctx: context.Background()}))
	mux.HandleFunc(wire.PathSignIn, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"token":"alice"}`)
	})
	return mux
}

// UnderWay returns how many commands wait for their reply.
func (c *Client) UnderWay() int {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	return len(c.outbox.list)
}
