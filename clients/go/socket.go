package natter

import (
	"context"
	"fmt"
	"net/http"

	"github.com/coder/websocket"

	"natterjack/server/wire"
)

// sockets opens links over WebSocket.
type sockets struct{ client *http.Client }

func (sockets) String() string { return "websocket" }

func (o sockets) open(ctx context.Context, url string, h hello) (link, error) {
	first, err := wire.Append(nil, h())
	if err != nil {
		return nil, err
	}
	conn, resp, err := websocket.Dial(ctx, url+wire.PathWebSocket, &websocket.DialOptions{HTTPClient: o.client}) //nolint:bodyclose // Dial's documentation: never needed
	if err != nil {
		if resp != nil && resp.Body != nil && ctx.Err() == nil {
			return nil, refusal(resp, err)
		}
		return nil, err
	}
	conn.SetReadLimit(messageLimit)
	if err := conn.Write(ctx, websocket.MessageText, first); err != nil {
		_ = conn.CloseNow() // it is broken already
		return nil, err
	}
	return &socket{conn}, nil
}

// socket is a link over WebSocket.
type socket struct{ conn *websocket.Conn }

// Read implements [link].
func (s *socket) Read(ctx context.Context) ([]byte, error) {
	kind, message, err := s.conn.Read(ctx)
	if err != nil {
		return nil, closed(err)
	}
	if kind != websocket.MessageText {
		return nil, protocolErrorf("a message that is not text")
	}
	return message, nil
}

// Write implements [link].
func (s *socket) Write(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, message)
}

// Close implements [link]. The handshake ends early if the context of a concurrent Read ends.
func (s *socket) Close() { _ = s.conn.Close(websocket.StatusNormalClosure, "") }

// closed translates a close code into an error. Some codes say that reconnecting is useless.
func closed(err error) error {
	status := websocket.CloseStatus(err)
	if status < 4000 {
		return err
	}
	code := wire.CloseCode(status) // two bytes on the wire
	if code.Reconnect() {
		return fmt.Errorf("natter: the server closed the connection: %s: %w", code, err)
	}
	return fatal(fmt.Errorf("natter: the server refuses the connection: %s: %w", code, err))
}
