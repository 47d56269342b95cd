package load

import (
	"context"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestGreet_WaitsForTheReplyToItsCommand(t *testing.T) {
	addr := serve(t, func(ctx context.Context, c *websocket.Conn) error {
		for range 2 {
			if _, _, err := c.Read(ctx); err != nil {
				return err
			}
		}
		for _, m := range []string{`{"type":"welcome"}`, `{"type":"event","kind":"meta"}` + "\n" + `{"type":"channels","ref":1}`} {
			if err := c.Write(ctx, websocket.MessageText, []byte(m)); err != nil {
				return err
			}
		}
		_, _, _ = c.Read(ctx) // until the client goes
		return nil
	})
	g, err := Greet(t.Context(), NewClock(), Member{Addr: addr, Path: "/", Connect: Text([]byte(`{"type":"connect"}`))}, Text([]byte(`{"type":"list_channels"}`)))
	if err != nil {
		t.Fatal(err)
	}
	if string(g.Reply) != `{"type":"channels","ref":1}` || g.Welcomed <= 0 || g.Answered < g.Welcomed {
		t.Errorf("%+v", g)
	}
}

func TestGreet_Refused(t *testing.T) {
	addr := serve(t, func(ctx context.Context, c *websocket.Conn) error {
		if _, _, err := c.Read(ctx); err != nil {
			return err
		}
		return c.Write(ctx, websocket.MessageText, []byte(`{"type":"error","code":"unauthorized"}`))
	})
	_, err := Greet(t.Context(), NewClock(), Member{Addr: addr, Path: "/", Connect: Text([]byte(`{}`))}, Text([]byte(`{}`)))
	if err == nil || !strings.Contains(err.Error(), "unauthorized") {
		t.Errorf("Greet: %v, want the refusal", err)
	}
}
