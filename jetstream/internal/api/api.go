// Package api sends the requests to JetStream's API that nats.go does not make, or whose answers it
// hides.
package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	storeFailed           jetstream.ErrorCode = 10077
)

// Full reports whether an error says that the store has no room. It is broken if the store tried
// to write and could not, for whatever reason.
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
		return errors.New("refused without a reason")
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

// StepDown makes the leader of a stream leave the lead to the server named to, or to any other
// server if to is empty.
func StepDown(ctx context.Context, conn *nats.Conn, stream, to string) error {
	if to == "" {
		return ask(ctx, conn, "LEADER.STEPDOWN."+stream, nil, nil)
	}
	return ask(ctx, conn, "LEADER.STEPDOWN."+stream, map[string]any{"placement": map[string]string{"preferred": to}}, nil)
}

// Last returns the last message of a subject, read from the stream's leader. If there is none,
// the error is [jetstream.ErrMsgNotFound]. The client library asks any replica if the stream
// allows it, which every bucket does, and it has no option to change that.
func Last(ctx context.Context, conn *nats.Conn, stream, subject string) (*jetstream.RawStreamMsg, error) {
	var found struct {
		Message struct {
			Data []byte    `json:"data"`
			Time time.Time `json:"time"`
		} `json:"message"`
	}
	err := ask(ctx, conn, "MSG.GET."+stream, map[string]string{"last_by_subj": subject}, &found)
	if e, refused := errors.AsType[*jetstream.APIError](err); refused && e.Code == http.StatusNotFound {
		return nil, jetstream.ErrMsgNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", subject, err)
	}
	return &jetstream.RawStreamMsg{Subject: subject, Data: found.Message.Data, Time: found.Message.Time}, nil
}

// Publish stores a message and returns its sequence.
func Publish(ctx context.Context, conn *nats.Conn, subject string, body []byte) (seq uint64, err error) {
	var ack struct {
		Sequence uint64 `json:"seq"`
	}
	if err := Request(ctx, conn, subject, body, &ack); err != nil {
		return 0, err
	}
	if ack.Sequence == 0 {
		return 0, errors.New("ack without a sequence")
	}
	return ack.Sequence, nil
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
	msg, err := conn.RequestWithContext(ctx, subject, body)
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
