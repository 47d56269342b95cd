package service

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"natterjack/server/wire"
)

// request is a request from its arrival until it is answered.
type request struct {
	service  *Service
	endpoint *endpoint
	msg      *nats.Msg
	user     string
	arrived  time.Time
	ref      uint64
}

// receive handles a request on its subscription's goroutine. All requests of that operation
// share the goroutine, so receive must not wait.
func (s *Service) receive(e *endpoint, msg *nats.Msg) {
	s.requests.Add(1)
	r := &request{service: s, endpoint: e, msg: msg, user: e.userOf(msg.Subject), arrived: time.Now()}
	if err := r.admit(e.begin()); err != nil {
		r.fail(err)
		return
	}
	e.handle(r)
}

// admit returns an error if a request is wrong for a reason that does not depend on its
// command.
func (r *request) admit(busy error) error {
	switch {
	case r.msg.Reply != "" && !isInbox(r.msg.Reply):
		return errReply
	case busy != nil:
		return busy
	case !wire.ValidUser(r.user):
		return wire.Errorf(wire.CodeInvalid, "subject: its second token must be the acting user, 1 to %d characters of a-z, 0-9, '_' and '-'", wire.MaxUserLen)
	case len(r.msg.Data) > r.service.cfg.Limits.FrameBytes:
		return wire.Errorf(wire.CodeTooLarge, "the body has %d bytes; at most %d are allowed", len(r.msg.Data), r.service.cfg.Limits.FrameBytes)
	}
	return nil
}

// errReply refuses requests whose reply subject could do harm.
var errReply = wire.Errorf(wire.CodeForbidden, "reply: the reply subject must be an inbox, _INBOX.>")

// isInbox reports whether an answer may be sent to reply. The requester chooses the reply
// subject. NATS does not check that the requester may publish to it, and this connection may
// publish to everything. Without this check, a requester could make the service write into a
// stream, or into the inbox in which a node waits for JetStream's acks. For that reason the
// inboxes of nodes begin with _INBOX_ and a word instead. Requests from other accounts come
// through the server's own _R_ subjects.
func isInbox(reply string) bool {
	return strings.HasPrefix(reply, "_INBOX.") || strings.HasPrefix(reply, "_R_.")
}

// answer answers a request with a frame, or with err, and finishes it.
func (r *request) answer(frame []byte, err error) {
	if err != nil {
		r.fail(err)
		return
	}
	r.finish(&nats.Msg{Data: frame}, nil)
}

// fail answers a request with an error and finishes it.
func (r *request) fail(err error) {
	e := wire.AsError(err, r.ref)
	if e.Code == wire.CodeInternal {
		r.service.log.Error("request failed", "operation", r.endpoint.name, "user", r.user, "error", err)
	}
	frame, encErr := wire.Append(nil, e)
	if encErr != nil { // the text is never invalid UTF-8
		r.service.log.Error("error not encoded", "operation", r.endpoint.name, "error", encErr)
	}
	header := nats.Header{micro.ErrorHeader: {e.Message}, micro.ErrorCodeHeader: {string(e.Code)}}
	r.finish(&nats.Msg{Header: header, Data: frame}, e)
}

func (r *request) finish(answer *nats.Msg, failure *wire.Error) {
	defer r.service.requests.Done()
	defer func() { r.endpoint.end(time.Since(r.arrived), failure) }()
	if err := respond(r.msg, answer); err != nil {
		r.service.log.Warn("answer not sent", "operation", r.endpoint.name, "user", r.user, "error", err)
		failure = wire.AsError(err, r.ref)
	}
}

// respond sends an answer. It is the only place where this package publishes. A request without
// a reply subject gets no answer, and neither does one whose reply subject is no inbox.
func respond(to, answer *nats.Msg) error {
	if !isInbox(to.Reply) {
		return nil
	}
	return to.RespondMsg(answer)
}
