package natter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"natterjack/server/wire"
)

// postsAtOnce is how many batches of commands may be under way over HTTP. With one, every
// command would wait for the slowest command before it.
const postsAtOnce = 4

const ndjson = "application/x-ndjson"

// tunnel is the part that the links over HTTP share. Commands go out as POSTs. Their replies
// and the frames from the server go to one reader.
type tunnel struct {
	client   *http.Client
	url      string
	hello    hello
	messages chan []byte
	slots    chan struct{}
	session  atomic.Pointer[string] // session of the stream, which commands name; nil if none

	cancel context.CancelCauseFunc
	over   <-chan struct{}
	why    func() error
	// work runs a part under the life of the tunnel. An error of the part ends the tunnel.
	work func(part func(ctx context.Context) error)

	mu     sync.Mutex // guards the following: nothing is added to wg once it is waited for
	closed bool
	wg     sync.WaitGroup
}

func newTunnel(ctx context.Context, client *http.Client, url string, h hello) *tunnel {
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	return &tunnel{
		client: client, url: url, hello: h,
		messages: make(chan []byte), slots: make(chan struct{}, postsAtOnce),
		cancel: cancel, over: life.Done(), why: func() error { return context.Cause(life) },
		work: func(part func(ctx context.Context) error) {
			if err := part(life); err != nil {
				cancel(err)
			}
		},
	}
}

// spawn runs a part in its own goroutine. It does nothing if the tunnel is closed.
func (t *tunnel) spawn(part func(ctx context.Context) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.wg.Go(func() { t.work(part) })
	}
}

// lasts implements [stateless].
func (t *tunnel) lasts() bool { return t.session.Load() != nil }

// Read implements [link].
func (t *tunnel) Read(ctx context.Context) ([]byte, error) {
	select {
	case m := <-t.messages:
		return m, nil
	case <-t.over:
		return nil, t.why()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Write implements [link]. It returns when the batch is on its way.
func (t *tunnel) Write(ctx context.Context, message []byte) error {
	select {
	case t.slots <- struct{}{}:
	case <-t.over:
		return t.why()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	t.spawn(func(ctx context.Context) error {
		defer func() { <-t.slots }()
		return t.command(ctx, message)
	})
	return nil
}

// command posts a batch and passes on each reply as it comes. If the server refuses the whole
// batch, each command is refused. An unavailable server is an exception: it is stopping, its
// stream will end soon, and another server will serve.
func (t *tunnel) command(ctx context.Context, batch []byte) error {
	resp, err := t.post(ctx, wire.PathFrames, http.Header{"Accept": {ndjson}}, batch)
	if answer, ok := errors.AsType[*wire.Error](err); ok && answer.Retryable && answer.Code != wire.CodeExpired && answer.Code != wire.CodeUnavailable {
		return t.pass(ctx, refuseAll(batch, answer))
	}
	if err != nil && bytes.Equal(batch, pong) {
		return nil // the next pong makes up for it
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return t.passLines(ctx, resp.Body, func(line []byte) []byte { return line })
}

// refuseAll turns the refusal of a whole request into a refusal of each of its commands. A pong is
// not answered.
func refuseAll(batch []byte, answer *wire.Error) (replies []byte) {
	wire.Split(batch, func(line []byte) bool {
		if c, err := wire.DecodeCommand(line); err == nil && c.Reference() != 0 {
			replies, _ = wire.Append(replies, wire.AsError(answer, c.Reference())) // it came over the wire, so it fits
			replies = append(replies, wire.Separator)
		}
		return true
	})
	return replies
}

// passLines passes on each line of a body, as pick returns it.
func (t *tunnel) passLines(ctx context.Context, body io.Reader, pick func(line []byte) []byte) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, messageLimit)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := t.pass(ctx, bytes.Clone(pick(lines.Bytes()))); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("natter: reading an answer: %w", err)
	}
	return nil
}

// Close implements [link].
func (t *tunnel) Close() {
	t.cancel(ErrClosed)
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}

// pass hands a message to the reader.
func (t *tunnel) pass(ctx context.Context, message []byte) error {
	select {
	case t.messages <- message:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// post sends the token in a header, never in the URL or the body, because these are logged more
// often.
func (t *tunnel) post(ctx context.Context, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("Authorization", "Bearer "+t.hello().Token)
	req.Header.Set("Content-Type", ndjson)
	if session := t.session.Load(); session != nil {
		req.Header.Set(wire.HeaderSession, *session)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, refusal(resp, nil)
	}
	return resp, nil
}

// connectFrame returns the hello frame without the token, which is sent in a header.
func (t *tunnel) connectFrame() ([]byte, error) {
	frame := t.hello()
	frame.Token = ""
	return wire.Append(nil, frame)
}

var errStreamEnded = errors.New("natter: the server ended the stream")
