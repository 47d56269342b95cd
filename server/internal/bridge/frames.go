package bridge

import (
	"bytes"
	"context"
	"sync"
	"time"

	"natterjack/jetstream/sessions"
	"natterjack/server/wire"
)

// serveFrames answers commands, one per line, with their replies in the same order, one per
// line. Sends go to the log in the order of the lines. All commands are under way at once.
func (b *Bridge) serveFrames(x *exchange) error {
	who, err := x.authenticate(x.bearer())
	if err == nil {
		err = b.operations.Charge(who.user) // for the request itself
	}
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	if n, most := bytes.Count(body, []byte{wire.Separator}), maxLines(b.limits); n > most {
		return wire.Errorf(wire.CodeTooLarge, "the request has more than %d lines; send several requests", most)
	}
	b.signedIn(x.r.Context()) // with the whole body: half of one would keep the connection for long
	p := &post{exchange: x, user: who.user, token: who.token, callers: make(chan struct{}, maxCallers), turn: make(chan struct{})}
	close(p.turn)
	p.stream = p.named()
	var due []<-chan reply
	defer func() {
		p.work.Wait()
		p.forget(due)
	}()
	for frame := range split(body) {
		if answer := p.dispatch(frame); answer != nil {
			due = append(due, answer)
		}
		if !p.waitHeld() {
			break
		}
	}
	p.reply(due)
	return nil
}

// post is the work on one request that carries commands.
type post struct {
	*exchange
	user    string
	token   sessions.Token
	stream  *attachment // of the stream that the request names; nil if it names none, or one of another node
	callers chan struct{}
	turn    chan struct{} // closed once the last command before has been admitted
	work    sync.WaitGroup
	held    time.Duration // how long to wait before the next line is looked at
	out     bool          // no further line is looked at
}

// maxLines returns how many lines a request may have: as many as the frames that a session may send
// at once.
func maxLines(l wire.Limits) int { return max(2*l.CommandsPerS, l.InFlight) }

// waitHeld waits as long as the last refusal costs the user. It reports whether to go on.
func (p *post) waitHeld() bool {
	if p.held == 0 || p.out {
		return !p.out
	}
	timer := time.NewTimer(p.held)
	defer timer.Stop()
	p.held = 0
	select {
	case <-timer.C:
		return true
	case <-p.r.Context().Done():
	case <-p.bridge.work.Done():
	}
	return false
}

// named returns the attachment of the stream that the request names, and notes that its client
// was heard, on whichever node the stream is.
func (p *post) named() *attachment {
	session := p.r.Header.Get(wire.HeaderSession)
	if session == "" {
		return nil
	}
	a := p.bridge.hub.stream(session, p.user)
	if a != nil {
		a.hear()
	} else {
		p.bridge.sessions.Hear(p.user, session)
	}
	return a
}

// dispatch starts a command. It returns a channel that will receive the reply, or nil if the
// command has no reply.
func (p *post) dispatch(frame []byte) <-chan reply {
	answer := make(chan reply, 1)
	cmd, err := wire.DecodeCommand(frame)
	ref, cost := refOf(cmd, err), costOf(err)
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
		p.bridge.refused(p.user, cmd, err)
		answer <- reply{frame: p.bridge.fault(p.id, "dispatch", err, ref)}
		p.held, p.out = p.bridge.offenders.refused(time.Now(), p.user, cost)
		return answer
	}
	change, ok := cmd.(wire.Change)
	switch {
	case ok:
		p.submit(change, answer)
	case wire.OperationOf(cmd).Reply == nil: // there is no connection to keep
		p.bridge.hub.give(p.user)
		return nil
	default:
		before, admitted := p.turn, make(chan struct{})
		p.turn = admitted
		p.work.Go(func() {
			defer p.bridge.hub.give(p.user)
			answer <- p.call(cmd, before, admitted)
		})
	}
	return answer
}

func (p *post) check(cmd wire.Command) error {
	switch o := wire.OperationOf(cmd); {
	case o.Asker == wire.ByConnections && o.Reply != nil:
		return wire.Errorf(wire.CodeInvalid, "%s: is not possible over HTTP; send the token with each request", cmd.Type())
	case o.Asker == wire.BySessions && p.stream == nil:
		return p.noStream(cmd)
	}
	return cmd.Validate(p.bridge.limits)
}

// noStream refuses a command whose effect lasts as long as a session, because the request names
// no open stream.
func (p *post) noStream(cmd wire.Command) error {
	session := p.r.Header.Get(wire.HeaderSession)
	if session == "" {
		return wire.Errorf(wire.CodeNotConnected, "%s: put the session id of your event stream into the header %s", cmd.Type(), wire.HeaderSession)
	}
	return wire.Errorf(wire.CodeNotConnected, "%s: this node has no event stream with the session %q", cmd.Type(), session)
}

func (p *post) submit(cmd wire.Change, answer chan<- reply) {
	b, id, user := p.bridge, p.id, p.user // not p: the answer may come after the request is over
	b.log.Submit(user, cmd, func(ack wire.Ack, err error) {
		b.hub.give(user)
		if err != nil {
			answer <- reply{frame: b.fault(id, cmd.Type(), err, cmd.Reference())}
			return
		}
		ack.Number(cmd.Reference())
		answer <- reply{frame: ack}
	})
}

// call answers a command. Commands are admitted in their order, because their replies are written
// in their order: a later one must not hold bytes that an earlier one waits for.
func (p *post) call(cmd wire.Command, before <-chan struct{}, admitted chan<- struct{}) reply {
	ctx, cancel := p.bounded(callTimeout)
	defer cancel()
	weight := wire.OperationOf(cmd).Weight()
	err := p.admit(ctx, before, weight)
	close(admitted)
	if err != nil {
		return reply{frame: p.bridge.fault(p.id, cmd.Type(), err, cmd.Reference())}
	}
	defer func() { <-p.callers }()
	r := p.execute(ctx, cmd)
	r.held = weight
	return p.bridge.encoded(p.id, p.user, r)
}

func (p *post) execute(ctx context.Context, cmd wire.Command) reply {
	own := p.bridge.own[cmd.Type()]
	if own.obey != nil {
		done, err := own.obey(p.stream, cmd)
		return p.bridge.outcome(p.id, cmd, done, err)
	}
	if own.before != nil && p.stream != nil {
		own.before(p.stream, cmd)
	}
	if out, ok := cmd.(wire.SignOut); ok && out.Session == "" {
		return p.signOut(ctx, out)
	}
	return p.bridge.serve(ctx, p.id, p.user, cmd)
}

// signOut revokes the token of the request.
func (p *post) signOut(ctx context.Context, cmd wire.SignOut) reply {
	err := p.bridge.operations.Charge(p.user)
	if err == nil {
		err = p.bridge.sessions.Revoke(ctx, p.user, p.token)
	}
	return p.bridge.outcome(p.id, cmd, wire.Done{Ref: cmd.Ref}, err)
}

// admit waits for a caller's place, and reserves the bytes of the reply.
func (p *post) admit(ctx context.Context, before <-chan struct{}, weight int) error {
	select {
	case <-before:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case p.callers <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	err := p.bridge.owed.hold(ctx, p.user, weight)
	if err != nil {
		<-p.callers
	}
	return err
}

// forget gives back the bytes of replies that were not written. No command is under way any more
// but changes, whose replies hold nothing.
func (p *post) forget(due []<-chan reply) {
	for _, answer := range due {
		select {
		case r := <-answer:
			p.bridge.owed.give(p.user, r.held)
		default:
		}
	}
}

// reply writes the replies. Each goes out as soon as it and all replies before it are ready.
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
		if buf = append(buf[:0], r.raw...); r.raw == nil {
			buf = p.bridge.encode(buf, p.id, r.frame)
		}
		buf = append(buf, wire.Separator)
		err := p.write(buf)
		p.bridge.owed.give(p.user, r.held)
		if err != nil {
			return // the client is gone
		}
	}
}
