package bridge

import (
	"net/http"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// pollWait is how long a poll waits for something to say: less than the 30 s after which common proxies give up.
const pollWait = 25 * time.Second

// pollBytes is about how much one poll returns; a client that is further behind polls again.
const pollBytes = 4 * batchBytes

// servePoll answers a connect frame with a welcome and what waits, one frame a line. Where nothing was missed, that is, where
// the client resumed and nothing is there yet, it waits for the first event. The positions of the next poll are those of the
// welcome, moved by the events.
func (b *Bridge) servePoll(x *exchange) error {
	f, err := x.connect()
	if err != nil {
		return err
	}
	defer f.close(b)
	entries, err := x.await(f)
	if err != nil {
		return err
	}
	body := append(b.encode(nil, x.id, f.welcome), wire.Separator)
	for _, e := range entries {
		body = append(append(body, e.Frame()...), wire.Separator)
	}
	x.lines()
	_ = x.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, _ = x.w.Write(body) // whoever is gone polls again from where he was
	return nil
}

// await is what waits for the client, or will within [pollWait].
func (x *exchange) await(f *feed) ([]*jetstream.Entry, error) {
	patience := time.NewTimer(pollWait)
	defer patience.Stop()
	draining, leave := x.bridge.draining, (<-chan time.Time)(nil)
	for {
		entries, _, err := f.cursor.Next(nil, pollBytes)
		if err != nil || len(entries) > 0 || !f.welcome.Recovered {
			return entries, err
		}
		select {
		case <-f.wake:
		case <-patience.C:
			return nil, nil
		case <-draining:
			draining, leave = nil, time.After(x.bridge.jitter())
		case <-leave:
			return nil, nil
		case <-x.bridge.work.Done():
			return nil, nil
		case <-x.r.Context().Done():
			return nil, nil
		}
	}
}

// lines begins an answer of one frame a line.
func (x *exchange) lines() {
	x.w.Header().Set("Content-Type", "application/x-ndjson")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(http.StatusOK)
}
