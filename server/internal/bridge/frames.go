package bridge

import (
	"sync"

	"natterjack/server/wire"
)

// serveFrames answers commands, one a line, with their replies in the same order, one a line. Sends go to the log in the order of
// the lines; all commands are under way at once.
func (b *Bridge) serveFrames(x *exchange) error {
	who, err := x.authenticate(x.bearer())
	if err == nil {
		err = b.log.Charge(who.user) // for the request itself
	}
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	p := &post{exchange: x, user: who.user, callers: make(chan struct{}, maxCallers)}
	defer p.work.Wait()
	var due []<-chan reply
	for frame := range split(body) {
		if answer := p.dispatch(frame); answer != nil {
			due = append(due, answer)
		}
	}
	p.reply(due)
	return nil
}

// post is the work on one request of commands.
type post struct {
	*exchange
	user    string
	callers chan struct{}
	work    sync.WaitGroup
}

// dispatch starts a command. The channel it returns will have the reply; it is nil where there is none.
func (p *post) dispatch(frame []byte) <-chan reply {
	answer := make(chan reply, 1)
	cmd, err := wire.DecodeCommand(frame)
	ref := refOf(cmd, err)
	if err == nil {
		err = p.check(cmd)
	}
	if err == nil {
		err = p.bridge.charge(p.user, cmd)
	}
	if err == nil {
		err = p.bridge.hub.take(p.user)
	}
	if err != nil {
		answer <- reply{frame: p.bridge.fault(p.id, "dispatch", err, ref)}
		return answer
	}
	switch cmd := cmd.(type) {
	case wire.Pong:
		p.bridge.hub.give(p.user)
		return nil
	case wire.Change:
		p.submit(cmd, answer)
	default:
		p.work.Go(func() { p.call(cmd, answer) })
	}
	return answer
}

func (p *post) check(cmd wire.Command) error {
	switch cmd.(type) {
	case wire.Connect, wire.Refresh:
		return wire.Errorf(wire.CodeInvalid, "%s: over this transport the token comes with each request", cmd.Type())
	case wire.SetPresence, wire.FollowPresence, wire.Watch:
		return wire.Errorf(wire.CodeInvalid, "%s: over this transport there is no session for it to last", cmd.Type())
	}
	return cmd.Validate(p.bridge.limits)
}

func (p *post) submit(cmd wire.Change, answer chan<- reply) {
	b, id, user := p.bridge, p.id, p.user // not p: the answer may come after the request is over
	b.log.Submit(user, cmd, func(ack wire.Ack, err error) {
		b.hub.give(user)
		if err != nil {
			answer <- reply{frame: b.fault(id, cmd.Type(), err, cmd.Reference())}
			return
		}
		ack.Ref.Ref = cmd.Reference()
		answer <- reply{frame: ack}
	})
}

func (p *post) call(cmd wire.Command, answer chan<- reply) {
	defer p.bridge.hub.give(p.user)
	ctx, cancel := p.bounded(callTimeout)
	defer cancel()
	select {
	case p.callers <- struct{}{}:
		defer func() { <-p.callers }()
	case <-ctx.Done():
		answer <- reply{frame: p.bridge.fault(p.id, cmd.Type(), ctx.Err(), cmd.Reference())}
		return
	}
	answer <- p.bridge.serve(ctx, p.id, p.user, cmd)
}

// reply writes the replies, each as soon as it and those before it are there.
func (p *post) reply(due []<-chan reply) {
	p.lines()
	var buf []byte
	for _, answer := range due {
		var r reply
		select {
		case r = <-answer:
		case <-p.r.Context().Done():
			return
		case <-p.bridge.work.Done():
			return
		}
		if buf = append(buf[:0], r.raw...); r.frame != nil {
			buf = p.bridge.encode(buf, p.id, r.frame)
		}
		buf = append(buf, wire.Separator)
		if p.write(buf) != nil {
			return // whoever is gone is told nothing
		}
	}
}
