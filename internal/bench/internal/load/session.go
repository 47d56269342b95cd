package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// TextBytes is the length of the text of each message.
const TextBytes = 200

var pongFrame = Text([]byte(`{"type":"pong"}`))

// Member is the user of a session, and the channel that it sends to.
type Member struct {
	User    string // their name, if the server has user names
	Addr    string // of the server, host:port
	Path    string // of its WebSocket
	Connect []byte // the first frame; nil if the server needs none
	Local   net.IP // source address; nil lets the system choose
	Channel string
}

// note is one frame that a session saw.
type note struct {
	at     time.Duration
	seq    uint32 // 0 if there is none
	sender int32  // the sender of the message that it concerns
	number int32  // the number of that message
	kind   kind
}

// Session is one connection of a [Fleet], with the notes on everything that it did and saw.
type Session struct {
	*Socket
	Member

	index    int // in the fleet: the sender in client ids
	fleet    *Fleet
	welcomed chan struct{}
	replies  chan []byte

	notes []note // owned by read until the fleet is closed

	sending  sync.Mutex // guards the following: read may send again before the first Send returns
	template *Template
	sent     []time.Duration // when each message was sent, or due

	live live // owned by read until the fleet is closed

	sends, acks, heard atomic.Int64  // for waiting while traffic flows
	newest             atomic.Uint64 // seq of the last message heard
}

func newSession(f *Fleet, index int, m Member) *Session {
	before := fmt.Sprintf(`{"type":"send","channel":"%s","client_id":"%s-%0*d-`, m.Channel, f.run, senderDigits, index)
	return &Session{
		Member: m, index: index, fleet: f, template: NewTemplate(uint64(index), before, `","content":{"text":"`, `"}}`),
		welcomed: make(chan struct{}), replies: make(chan []byte, 1),
	}
}

// Send sends the session's next message, which was due at the given moment.
func (s *Session) Send(due time.Duration) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	n := len(s.sent)
	s.sent = append(s.sent, due)
	s.sends.Add(1)
	return s.Write(s.template.Frame(n))
}

// Index returns the session's place in its fleet.
func (s *Session) Index() int { return s.index }

// Newest returns the seq of the last message that the session has heard, or 0 if there was
// none. It may be called concurrently.
func (s *Session) Newest() uint64 { return s.newest.Load() }

// Request sends a command other than a send, waits for its reply and returns it. One request
// may be under way at a time.
func (s *Session) Request(ctx context.Context, command []byte) ([]byte, error) {
	if err := s.Write(command); err != nil {
		return nil, err
	}
	select {
	case reply := <-s.replies:
		return reply, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// read handles incoming frames until the socket is closed.
func (s *Session) read() error {
	for {
		err := s.Read(func(message []byte) error {
			now := s.fleet.clock.Now()
			return lines(message, func(frame []byte) error { return s.take(frame, now) })
		})
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("session %d: %w", s.index, err)
		}
	}
}

func (s *Session) take(frame []byte, now time.Duration) error {
	switch k := kindOf(frame); k {
	case kindAck:
		if err := s.note(k, frame, now); err != nil {
			return err
		}
		s.acks.Add(1)
		if s.fleet.looping.Load() {
			return s.Send(now)
		}
	case kindMessage:
		if err := s.note(k, frame, now); err != nil {
			return err
		}
		s.newest.Store(uint64(s.notes[len(s.notes)-1].seq))
		s.heard.Add(1)
	case kindPing:
		return s.Write(pongFrame)
	case kindWelcome:
		close(s.welcomed)
	case kindError:
		return refusal(frame)
	case kindReceipts, kindTyping, kindPresence:
		s.live.take(k, k == kindReceipts && isOwn(frame, s.User), now)
	case kindDone: // of a command for which no caller waits
	case kindOther:
		s.answer(frame)
	}
	return nil
}

func (s *Session) note(k kind, frame []byte, now time.Duration) error {
	sender, number, err := identify(frame)
	if err != nil {
		return err
	}
	s.notes = append(s.notes, note{
		at: now, seq: uint32(seqOf(frame)), sender: int32(sender), number: int32(number), kind: k,
	})
	return nil
}

// answer hands a frame to the request that waits for a reply. Events that are not messages are
// dropped.
func (s *Session) answer(frame []byte) {
	if isEvent(frame) {
		return
	}
	select {
	case s.replies <- append([]byte(nil), frame...):
	default: // no request waits
	}
}
