package load

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// serve runs a handler behind coder/websocket, which checks our frames as the server does.
func serve(t *testing.T, handle func(ctx context.Context, c *websocket.Conn) error) (addr string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(1 << 20)
		if err := handle(r.Context(), c); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func dial(t *testing.T, addr string) *Socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := Dial(ctx, addr, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// receive reads n messages.
func receive(t *testing.T, s *Socket, n int) (messages []string) {
	t.Helper()
	for len(messages) < n {
		if err := s.Read(func(m []byte) error { messages = append(messages, string(m)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

func TestSocket_EveryLengthBothWays(t *testing.T) {
	lengths := []int{0, 1, 125, 126, 127, 1000, 65535, 65536, 200_000}
	addr := serve(t, func(ctx context.Context, c *websocket.Conn) error {
		for range lengths {
			kind, m, err := c.Read(ctx)
			if err != nil {
				return err
			}
			if kind != websocket.MessageText {
				return errors.New("not a text message")
			}
			if err := c.Write(ctx, kind, m); err != nil {
				return err
			}
		}
		return nil
	})
	s := dial(t, addr)
	for _, n := range lengths {
		want := strings.Repeat("x", n)
		if err := s.Write(Text([]byte(want))); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, s, 1)[0]; got != want {
			t.Fatalf("a message of %d bytes came back with %d", n, len(got))
		}
	}
}

func TestSocket_FragmentsPingsAndClose(t *testing.T) {
	addr := serve(t, func(ctx context.Context, c *websocket.Conn) error {
		w, err := c.Writer(ctx, websocket.MessageText)
		if err != nil {
			return err
		}
		big := strings.Repeat("ab", 10_000) // more than the library's write buffer, so several frames
		for _, part := range []string{"first ", big, " last"} {
			if _, err := w.Write([]byte(part)); err != nil {
				return err
			}
		}
		if err := w.Close(); err != nil {
			return err
		}
		reading := c.CloseRead(ctx) // takes the pong
		if err := c.Ping(reading); err != nil {
			return err
		}
		if err := c.Write(ctx, websocket.MessageText, []byte("after")); err != nil {
			return err
		}
		_ = c.Close(4001, "slow") // waits for our close frame, which never comes
		return nil
	})
	s := dial(t, addr)
	var got []string
	var err error
	for err == nil {
		err = s.Read(func(m []byte) error { got = append(got, string(m)); return nil })
	}
	if len(got) != 2 || got[0] != "first "+strings.Repeat("ab", 10_000)+" last" || got[1] != "after" {
		t.Fatalf("got %d messages: %.80q", len(got), got)
	}
	if c, ok := errors.AsType[*CloseError](err); !ok || c.Code != 4001 || c.Reason != "slow" {
		t.Fatalf("ended with %v, want close code 4001", err)
	}
}

func TestDial_RefusedHandshake(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := Dial(t.Context(), server.Listener.Addr().String(), "/", nil)
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatalf("Dial: %v, want a 404", err)
	}
}

func TestTemplate_NumbersItsFrames(t *testing.T) {
	tpl := NewTemplate(7, `{"client_id":"r1-000007-`, `","content":{"text":"`, `"}}`)
	texts := make(map[string]bool)
	for _, n := range []int{0, 42, 99_999_999} {
		text := string(AppendWords(nil, 7<<32+uint64(n), TextBytes))
		want := Text([]byte(`{"client_id":"r1-000007-` + pad(n) + `","content":{"text":"` + text + `"}}`))
		if got := tpl.Frame(n); !bytes.Equal(got, want) {
			t.Errorf("frame %d is %q, want %q", n, got, want)
		}
		texts[text] = true
	}
	if len(texts) != 3 {
		t.Errorf("%d different texts, want 3", len(texts))
	}
}

func pad(n int) string {
	s := strings.Repeat("0", numberDigits)
	b := []byte(s)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte{0x81, 0x02, 'o', 'k'})
	f.Add([]byte{0x81, 126, 0xFF})
	f.Add([]byte{0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		head, payload, ok := parseFrame(b)
		if head < 0 || payload < 0 {
			t.Fatalf("lengths %d and %d", head, payload)
		}
		if ok && head+payload > len(b) {
			t.Fatalf("a frame of %d and %d bytes in %d", head, payload, len(b))
		}
	})
}
