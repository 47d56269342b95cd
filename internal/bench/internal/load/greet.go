package load

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

// Greeting tells how a server received a client.
type Greeting struct {
	Welcomed time.Duration // from the connect frame to the welcome
	Answered time.Duration // from the connect frame to the reply
	Reply    []byte        // to the command sent with the connect frame
}

// Greet opens a connection, sends a connect frame and a command behind it in one write, waits
// for both replies, and closes the connection. The time to open the connection does not count.
func Greet(ctx context.Context, clock Clock, m Member, command []byte) (g Greeting, err error) {
	s, err := Dial(ctx, m.Addr, m.Path, m.Local)
	if err != nil {
		return g, err
	}
	defer func() { _ = s.Close() }() // all is done, or has failed anyway
	if err := s.conn.SetDeadline(time.Now().Add(welcomeLimit)); err != nil {
		return g, err
	}
	began := clock.Now()
	if err := s.Write(slices.Concat(m.Connect, command)); err != nil {
		return g, err
	}
	for g.Reply == nil {
		err := s.Read(func(message []byte) error {
			now := clock.Now() - began
			return lines(message, func(frame []byte) error { return g.take(frame, now) })
		})
		if err != nil {
			return g, err
		}
	}
	return g, nil
}

func (g *Greeting) take(frame []byte, now time.Duration) error {
	switch kindOf(frame) {
	case kindWelcome:
		g.Welcomed = now
	case kindError:
		return fmt.Errorf("refused: %.500s", frame)
	case kindOther:
		if g.Welcomed != 0 && g.Reply == nil && !isEvent(frame) {
			g.Answered, g.Reply = now, bytes.Clone(frame)
		}
	case kindAck, kindMessage, kindPing, kindDone, kindReceipts, kindTyping, kindPresence:
	}
	return nil
}

// isEvent reports whether a frame is an event of any kind.
func isEvent(frame []byte) bool { return bytes.HasPrefix(frame, []byte(`{"type":"event"`)) }
