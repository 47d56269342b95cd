package removal

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestRemoval_again sends a file again, by its old ticket or after it was uploaded again, at each
// point of its removal, through either of two nodes, and has the removal die there. No message ever
// has a file that is gone, no file stays that no message has, and no send is refused without a
// word.
func TestRemoval_again(t *testing.T) {
	inPond(t, func(w *pond) {
		var running sync.WaitGroup
		for _, at := range []point{withdraws, withdrawn, removes, removed} {
			for _, how := range []means{byTicket, bySlowWay, byUpload, byNothing} {
				for n := range 4 {
					s := &scenario{pond: w, at: at, how: how, node: w.peers[n&1], crash: n&2 > 0}
					s.what = fmt.Sprintf("%s, %s on node %d, and a crash: %v", at, how, n&1, s.crash)
					running.Go(s.play)
					time.Sleep(2 * time.Second) // a user has a rate
				}
			}
		}
		over := make(chan struct{})
		var watching sync.WaitGroup
		watching.Go(func() {
			for tick := time.NewTicker(time.Second); ; {
				select {
				case <-tick.C:
					w.whole("meanwhile", false)
				case <-over:
					tick.Stop()
					return
				}
			}
		})
		running.Wait()
		close(over)
		watching.Wait()
		w.whole("at the end", true)
	})
}

// means is a way to send a file again.
type means string

const (
	byTicket  means = "by the ticket"
	bySlowWay means = "by the ticket, with a slow way"
	byUpload  means = "by another upload"
	byNothing means = "by nothing"
)

// scenario has a file lose its message, and sends it again at a point of its removal.
type scenario struct {
	*pond

	what  string
	at    point
	how   means
	node  *peer
	crash bool

	file     string
	attached wire.Attached
	once     sync.Once
	again    sync.WaitGroup
}

func (s *scenario) play() {
	s.file = s.what
	var err error
	if s.attached, err = s.upload(s.peers[0], s.file); err != nil {
		s.t.Errorf("%s: upload: %v", s.what, err)
		return
	}
	ack, err := s.insist(s.peers[0], &s.attached)
	if err != nil {
		s.t.Errorf("%s: send: %v", s.what, err)
		return
	}
	reached := make(chan struct{})
	s.hook(s.attached.Attachment.ID, func(_ *peer, at point) (err error) {
		if at == s.at {
			s.once.Do(func() { err = s.act(); close(reached) })
		}
		return err
	})
	s.delete(s.peers[0], ack)
	<-reached
	s.again.Wait()
	time.Sleep(5 * time.Minute)
}

// act sends the file again. A message with a slow way does not hold the removal up.
func (s *scenario) act() error {
	switch s.how {
	case byTicket:
		s.sendAgain(&s.attached)
	case bySlowWay:
		s.slowDown(s.attached.Attachment.ID)
		s.again.Go(func() { s.sendAgain(&s.attached) })
		time.Sleep(time.Second) // its ticket has been looked at
	case byUpload:
		s.uploadAgain()
	case byNothing:
	}
	if s.crash {
		return errTest
	}
	return nil
}

// sendAgain sends by the old ticket. Before the file is withdrawn that must be good. Once the
// removal looks for the last time it must not be.
func (s *scenario) sendAgain(a *wire.Attached) {
	_, err := s.insist(s.node, a)
	switch {
	case err == nil && (s.at == removes || s.at == removed):
		s.t.Errorf("%s: a ticket is good after its file was withdrawn", s.what)
	case err != nil && (s.at == withdraws && s.how == byTicket || !errors.Is(err, &wire.Error{Code: wire.CodeInvalid})):
		s.t.Errorf("%s: send: %v", s.what, err)
	}
}

func (s *scenario) uploadAgain() {
	again, err := s.upload(s.node, s.file)
	if err == nil {
		_, err = s.insist(s.node, &again)
	}
	if err != nil {
		s.t.Errorf("%s: uploaded and sent again: %v", s.what, err)
	}
}

// TestRemoval_deaf sends by a ticket through a node that does not hear that the file was withdrawn.
// It may take the ticket for a while, and the message keeps the file, however slow its way is. Then
// the node knows that it may have missed something.
func TestRemoval_deaf(t *testing.T) {
	inPond(t, func(w *pond) {
		a, err := w.upload(w.peers[0], "a file")
		if err != nil {
			w.t.Error(err)
			return
		}
		ack, err := w.send(w.peers[0], &a)
		if err != nil {
			w.t.Error(err)
			return
		}
		reached := make(chan struct{})
		w.hook(a.Attachment.ID, func(p *peer, at point) error {
			switch {
			case p == w.peers[1]:
				return errTest // the other node is to do it
			case at == withdraws:
				w.peers[1].deafen()
			case at == withdrawn:
				close(reached)
				w.hook(a.Attachment.ID, nil)
			}
			return nil
		})
		w.delete(w.peers[0], ack)
		<-reached
		if _, err := w.send(w.peers[0], &a); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			w.t.Errorf("the node that has withdrawn the file: %v", err)
		}
		time.Sleep(10 * time.Second)
		w.slowDown(a.Attachment.ID)
		if _, err := w.send(w.peers[1], &a); err != nil {
			w.t.Errorf("a node that is deaf for a moment: %v", err)
		}
		if _, err := w.send(w.peers[1], &a); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
			w.t.Errorf("a node that is deaf for long: %v", err)
		}
		w.peers[1].follow()
		if _, err := w.send(w.peers[1], &a); !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) {
			w.t.Errorf("a node that hears again: %v", err)
		}
		time.Sleep(5 * time.Minute)
		w.whole("at the end", true)
	})
}
