package presence

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// leaderGet returns the last message of a subject in the bucket, read from the leader. The
// client library asks any replica if the stream allows it, which every bucket does, and it has
// no option to change that.
func leaderGet(ctx context.Context, conn *nats.Conn, subject string) (*jetstream.RawStreamMsg, error) {
	request, err := encode(struct {
		LastFor string `json:"last_by_subj"`
	}{subject})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	reply, err := conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET.KV_"+Bucket, request)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", subject, err)
	}
	answer, err := decode[struct {
		Error *struct {
			Code        int    `json:"code"`
			Description string `json:"description"`
		} `json:"error"`
		Message struct {
			Data []byte    `json:"data"`
			Time time.Time `json:"time"`
		} `json:"message"`
	}](reply.Data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", subject, err)
	case answer.Error != nil && answer.Error.Code == http.StatusNotFound:
		return nil, jetstream.ErrMsgNotFound
	case answer.Error != nil:
		return nil, fmt.Errorf("read %s: %s", subject, answer.Error.Description)
	}
	return &jetstream.RawStreamMsg{Subject: subject, Data: answer.Message.Data, Time: answer.Message.Time}, nil
}
