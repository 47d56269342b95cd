package load

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

// Greeting is how a server received a client.
type Greeting struct {
	Welcomed time.Duration // from the connect frame to the welcome
	Answered time.Duration // from the connect frame to the reply
	Reply    []byte        // to the command sent with it
}

// Greet opens a connection, sends connect and a command behind it in one write, waits for the replies to both, and closes. The opening
// of the connection does not count.
func Greet(ctx context.Context, clock Clock, m Member, command []byte) (g Greeting, err error) {
	s, err := Dial(ctx, m.Addr, m.Path, m.Local)
	if err != nil {
		return g, err
	}
	defer func() { _ = s.Close() }() // nothing is under way any more, or it has failed anyway
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

// isEvent reports whether a frame is an event, of whatever kind.
func isEvent(frame []byte) bool { return bytes.HasPrefix(frame, []byte(`{"type":"event"`)) }
