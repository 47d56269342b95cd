// Package api sends the requests to JetStream's API that nats.go does not make, or whose answers it
// hides.
package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStream's error codes that have an answer of their own (server/errors.json of nats-server).
const (
	insufficientResources jetstream.ErrorCode = 10023
	sequenceNotFound      jetstream.ErrorCode = 10043
	storageExceeded       jetstream.ErrorCode = 10047
	deleteFailed          jetstream.ErrorCode = 10057
	wrongLast             jetstream.ErrorCode = 10071
	storeFailed           jetstream.ErrorCode = 10077
	idUnderWay            jetstream.ErrorCode = 10158
	wrongLastInFlight     jetstream.ErrorCode = 10164
	idInBatch             jetstream.ErrorCode = 10201
)

// Unique returns a name that is never used twice. It is the name of an inbox, and may be a token of
// a subject.
func Unique() string { return nats.NewInbox()[len(nats.InboxPrefix):] }

// Full reports whether an error says that the store has no room. It is broken if the store tried to
// write and could not, for any reason.
func Full(err error) (full, broken bool) {
	e, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return false, false
	}
	switch e.ErrorCode {
	case storeFailed:
		return true, true
	case insufficientResources, storageExceeded:
		return true, false
	default:
		return false, false
	}
}

// AtLimit reports whether an error says that a stream refuses a message because of its own limits.
// A failing disk gives the same code, so only the text tells the two apart.
func AtLimit(err error) bool {
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && e.ErrorCode == storeFailed && strings.HasPrefix(e.Description, "maximum ")
}

// UnderWay reports whether an error says that a message with the same id is being stored at this
// moment.
func UnderWay(err error) bool {
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && e.ErrorCode == idUnderWay
}

// Before reports whether an error says that a message of an atomic batch was stored before, by its
// id. Nothing of the batch is stored then.
func Before(err error) bool {
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && e.ErrorCode == idInBatch
}

// Delete overwrites a message of a stream and removes it. It succeeds if there is no such message
// any more.
func Delete(ctx context.Context, conn *nats.Conn, stream string, seq uint64) error {
	return erase(ctx, conn, "MSG.DELETE."+stream, map[string]any{"seq": seq})
}

// Purge removes the messages of a subject that are before a sequence. It succeeds if there are
// none.
func Purge(ctx context.Context, conn *nats.Conn, stream, subject string, before uint64) error {
	return erase(ctx, conn, "PURGE."+stream, map[string]any{"filter": subject, "seq": before})
}

func erase(ctx context.Context, conn *nats.Conn, what string, request any) error {
	var done struct {
		Success bool `json:"success"`
	}
	err := ask(ctx, conn, what, request, &done)
	switch e, refused := errors.AsType[*jetstream.APIError](err); {
	case refused && gone(e):
		return nil
	case err == nil && !done.Success:
		return errors.New("the engine refused without a reason")
	default:
		return err
	}
}

// gone reports whether an error says that the message does not exist.
func gone(err *jetstream.APIError) bool {
	switch err.ErrorCode {
	case jetstream.JSErrCodeMessageNotFound, sequenceNotFound:
		return true
	// The error wraps the store's own error, which can only be told by its text.
	case deleteFailed:
		return strings.Contains(err.Description, "no message found") || strings.Contains(err.Description, "deleted message")
	default:
		return false
	}
}

// StepDown makes the leader of a stream leave the lead to the server named to.
func StepDown(ctx context.Context, conn *nats.Conn, stream, to string) error {
	return ask(ctx, conn, "LEADER.STEPDOWN."+stream, map[string]any{"placement": map[string]string{"preferred": to}}, nil)
}

// Last returns the last message of a subject, read from the stream's leader. If there is none,
// the error is [jetstream.ErrMsgNotFound]. The client library asks any replica if the stream
// allows it, which every bucket does, and it has no option to change that.
func Last(ctx context.Context, conn *nats.Conn, stream, subject string) (*jetstream.RawStreamMsg, error) {
	return read(ctx, conn, stream, map[string]any{"last_by_subj": subject})
}

// Get does what [Last] does, for the message with a sequence.
func Get(ctx context.Context, conn *nats.Conn, stream string, seq uint64) (*jetstream.RawStreamMsg, error) {
	return read(ctx, conn, stream, map[string]any{"seq": seq})
}

// Next does what [Last] does, for the first message of a subject whose sequence is at least seq.
func Next(ctx context.Context, conn *nats.Conn, stream, subject string, seq uint64) (*jetstream.RawStreamMsg, error) {
	return read(ctx, conn, stream, map[string]any{"next_by_subj": subject, "seq": seq})
}

func read(ctx context.Context, conn *nats.Conn, stream string, which map[string]any) (*jetstream.RawStreamMsg, error) {
	var found struct {
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	err := ask(ctx, conn, "MSG.GET."+stream, which, &found)
	if e, refused := errors.AsType[*jetstream.APIError](err); refused && e.Code == http.StatusNotFound {
		return nil, jetstream.ErrMsgNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %v of %s: %w", which, stream, err)
	}
	m := &found.Message
	return &jetstream.RawStreamMsg{Subject: m.Subject, Sequence: m.Seq, Data: m.Data, Time: m.Time}, nil
}

// Publish stores a message and returns its sequence.
func Publish(ctx context.Context, conn *nats.Conn, subject string, body []byte) (seq uint64, err error) {
	seq, _, err = PublishMsg(ctx, conn, &nats.Msg{Subject: subject, Data: body})
	return seq, err
}

// PublishMsg stores a message with its headers and returns its sequence. It was stored before if
// the stream knows the message's id.
func PublishMsg(ctx context.Context, conn *nats.Conn, msg *nats.Msg) (seq uint64, before bool, err error) {
	var ack struct {
		Sequence  uint64 `json:"seq"`
		Duplicate bool   `json:"duplicate"`
	}
	if err := request(ctx, conn, msg, &ack); err != nil {
		return 0, false, err
	}
	if ack.Sequence == 0 {
		return 0, false, errors.New("the engine's ack has no sequence")
	}
	return ack.Sequence, ack.Duplicate, nil
}

// Replace stores a message if the last message of its subject has a given sequence, or, for 0, if
// the subject has none. [Outrun] tells that it has another one.
func Replace(ctx context.Context, conn *nats.Conn, subject string, body []byte, last uint64) (seq uint64, err error) {
	msg := nats.NewMsg(subject)
	msg.Data = body
	msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(last, 10))
	seq, _, err = PublishMsg(ctx, conn, msg)
	return seq, err
}

// End returns the sequence that the last message of a subject's stream will have, once the stream
// has stored all that it has taken in. A leader that waits for its quorum has taken in more than it
// has stored, and the stream's own state tells nothing of that. Messages that were published on the
// same connection before have been taken in, or are lost. End asks by a message that can never be
// stored: the refusal tells the sequence.
func End(ctx context.Context, conn *nats.Conn, subject string) (seq uint64, err error) {
	msg := nats.NewMsg(subject)
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatInt(math.MaxInt64, 10))
	_, _, err = PublishMsg(ctx, conn, msg)
	e, ok := errors.AsType[*jetstream.APIError](err)
	if !ok || e.ErrorCode != wrongLast {
		return 0, fmt.Errorf("ask for the end: %w", cmp.Or(err, errStored))
	}
	if _, err = fmt.Sscanf(e.Description, "wrong last sequence: %d", &seq); err != nil {
		return 0, fmt.Errorf("ask for the end: %q names no sequence: %w", e.Description, err)
	}
	return seq, nil
}

var errStored = errors.New("the message that was to be refused was stored")

// Outrun reports whether an error says that another message of the subject came first.
func Outrun(err error) bool {
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (e.ErrorCode == wrongLast || e.ErrorCode == wrongLastInFlight)
}

// ask sends a request about a stream.
func ask(ctx context.Context, conn *nats.Conn, what string, request, answer any) error {
	var body []byte
	if request != nil {
		var err error
		if body, err = json.Marshal(request); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	return Request(ctx, conn, "$JS.API.STREAM."+what, body, answer)
}

// Request sends a request to the engine and decodes its answer. An answer without a body means
// success. A refusal is returned as [*jetstream.APIError].
func Request(ctx context.Context, conn *nats.Conn, subject string, body []byte, answer any) error {
	return request(ctx, conn, &nats.Msg{Subject: subject, Data: body}, answer)
}

func request(ctx context.Context, conn *nats.Conn, question *nats.Msg, answer any) error {
	msg, err := conn.RequestMsgWithContext(ctx, question)
	if err != nil || len(msg.Data) == 0 {
		return err
	}
	var refused struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err = json.Unmarshal(msg.Data, &refused); err == nil && answer != nil && refused.Error == nil {
		err = json.Unmarshal(msg.Data, answer)
	}
	if err != nil {
		return fmt.Errorf("answer of the engine: %w", err)
	}
	if refused.Error != nil {
		return refused.Error
	}
	return nil
}
