package natter

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"

	"natterjack/server/wire"
)

// streams opens links whose frames come as server-sent events.
type streams struct{ client *http.Client }

func (streams) String() string { return "stream" }

func (o streams) open(ctx context.Context, url string, h hello) (link, error) {
	t := newTunnel(ctx, o.client, url, h)
	// The stream lives as long as the tunnel. Until the stream is open, the end of the
	// opening's context ends the tunnel.
	standing := context.AfterFunc(ctx, func() { t.cancel(context.Cause(ctx)) })
	opened := make(chan error, 1)
	t.spawn(func(life context.Context) error { return t.stream(life, opened) })
	err := <-opened
	if !standing() { // a proxy that waits for the end of the stream has sent no answer either
		err = &blockedError{fmt.Errorf("natter: the event stream did not open: %w", context.Cause(ctx))}
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// stream opens the stream, reports that it is open, and passes its frames on until it ends.
func (t *tunnel) stream(ctx context.Context, opened chan<- error) error {
	resp, err := t.openStream(ctx)
	opened <- err
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return t.passStream(ctx, resp.Body)
}

func (t *tunnel) openStream(ctx context.Context) (*http.Response, error) {
	frame, err := t.connectFrame()
	if err != nil {
		return nil, err
	}
	resp, err := t.post(ctx, wire.PathStream, http.Header{"Accept": {"text/event-stream"}}, frame)
	if err != nil {
		return nil, err
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "text/event-stream" {
		_ = resp.Body.Close() // the body is not needed
		return nil, &blockedError{fmt.Errorf("natter: the server answered with %.100q instead of an event stream", kind)}
	}
	return resp, nil
}

// passStream reads lines (WHATWG HTML, section 9.2.6). Each data line is a frame, and the first
// of them is the welcome. Any other line shows that the server is alive.
func (t *tunnel) passStream(ctx context.Context, body io.Reader) error {
	err := t.passLines(ctx, body, func(line []byte) []byte {
		frame, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			return nil
		}
		if t.session.Load() == nil {
			t.begin(frame)
		}
		return frame
	})
	if err == nil {
		err = errStreamEnded
	}
	return err
}

// begin stores the session of the stream before the reader gets the welcome frame and can send
// commands.
func (t *tunnel) begin(frame []byte) {
	if f, err := wire.DecodeFrame(frame); err == nil {
		if welcome, ok := f.(wire.Welcome); ok {
			t.session.Store(&welcome.Session)
		}
	}
}
