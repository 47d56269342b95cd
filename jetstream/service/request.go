package service

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"natterjack/server/wire"
)

// request is one that was taken, until it is finished.
type request struct {
	service  *Service
	endpoint *endpoint
	msg      *nats.Msg
	user     string
	arrived  time.Time
	ref      uint64
}

// receive takes a request from its subscription's goroutine, which all of its kind share: it must not wait.
func (s *Service) receive(e *endpoint, msg *nats.Msg) {
	s.requests.Add(1)
	r := &request{service: s, endpoint: e, msg: msg, user: e.userOf(msg.Subject), arrived: time.Now()}
	if err := r.admit(e.begin()); err != nil {
		r.fail(err)
		return
	}
	e.handle(r)
}

// admit says what is wrong with a request whatever its command is.
func (r *request) admit(busy error) error {
	switch {
	case r.msg.Reply != "" && !isInbox(r.msg.Reply):
		return errReply
	case busy != nil:
		return busy
	case !wire.ValidUser(r.user):
		return wire.Errorf(wire.CodeInvalid, "subject: its second token is the acting user: 1 to %d of a-z, 0-9, '_' and '-'", wire.MaxUserLen)
	case len(r.msg.Data) > r.service.cfg.Limits.FrameBytes:
		return wire.Errorf(wire.CodeTooLarge, "the body: %d bytes, at most %d are allowed", len(r.msg.Data), r.service.cfg.Limits.FrameBytes)
	}
	return nil
}

// errReply is for requests that want their answer where it could do harm.
var errReply = wire.Errorf(wire.CodeForbidden, "reply: must be an inbox, _INBOX.>")

// isInbox reports whether an answer may go there. The reply subject is the requester's to choose, and NATS does not check that he may publish to
// it; this connection may publish to everything. Without this, whoever may ask could have us write into a stream, or into the inbox
// in which a node waits for JetStream's acks, which is why those of nodes begin with _INBOX_ and a word instead. Other accounts'
// requests come through the server's own _R_ subjects.
func isInbox(reply string) bool {
	return strings.HasPrefix(reply, "_INBOX.") || strings.HasPrefix(reply, "_R_.")
}

// answer answers with a frame, or with err, and finishes the request.
func (r *request) answer(frame []byte, err error) {
	if err != nil {
		r.fail(err)
		return
	}
	r.finish(&nats.Msg{Data: frame}, nil)
}

// fail answers with an error and finishes the request.
func (r *request) fail(err error) {
	e := wire.AsError(err, r.ref)
	if e.Code == wire.CodeInternal {
		r.service.log.Error("request failed", "operation", r.endpoint.name, "user", r.user, "error", err)
	}
	frame, encErr := wire.Append(nil, e)
	if encErr != nil { // a text that is not UTF-8: there is none
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

// respond is the one place where this package publishes. Who gave no reply subject wants no answer, and who gave one that is no
// inbox gets none.
func respond(to, answer *nats.Msg) error {
	if !isInbox(to.Reply) {
		return nil
	}
	return to.RespondMsg(answer)
}
