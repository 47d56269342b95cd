package natter

import (
	"context"
	"net/http"
	"slices"
	"time"

	"natterjack/server/wire"
)

// polls opens links whose frames are fetched by long polling.
type polls struct{ client *http.Client }

func (polls) String() string { return "poll" }

// pollPause is the pause between polls that return at once with nothing new.
const pollPause = time.Second

func (o polls) open(ctx context.Context, url string, h hello) (link, error) {
	t := newTunnel(ctx, o.client, url, h)
	t.spawn(t.poll)
	return t, nil
}

// poll repeats requests for the events after the position. The position moves as the reader
// handles events. The first request asks the server not to wait, because there is no session
// before the welcome frame.
func (t *tunnel) poll(ctx context.Context) error {
	for welcomed := false; ; welcomed = true {
		began, from := time.Now(), t.hello().Resume
		if err := t.pollOnce(ctx, welcomed); err != nil {
			return err
		}
		// When this empty message is taken, the one before has been handled.
		if err := t.pass(ctx, nil); err != nil {
			return err
		}
		if !moved(from, t.hello().Resume) {
			if err := sleep(ctx, pollPause-time.Since(began)); err != nil {
				return err
			}
		}
	}
}

func (t *tunnel) pollOnce(ctx context.Context, mayWait bool) error {
	header := http.Header{"Accept": {ndjson}}
	if !mayWait {
		header.Set("Prefer", "wait=0") // RFC 7240, section 4.3
	}
	frame, err := t.connectFrame()
	if err != nil {
		return err
	}
	resp, err := t.post(ctx, wire.PathPoll, header, frame)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return t.passLines(ctx, resp.Body, func(line []byte) []byte { return line })
}

func moved(from, to *wire.Resume) bool {
	return from == nil || to == nil || from.Epoch != to.Epoch || !slices.Equal(from.Positions, to.Positions)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
