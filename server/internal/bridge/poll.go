package bridge

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// pollWait is how long a poll waits for an event: less than the 30 s after which common proxies
// give up.
const pollWait = 25 * time.Second

// pollBytes is about how many bytes one poll returns. A client that is further behind polls
// again.
const pollBytes = 4 * batchBytes

// servePoll answers a connect frame with a welcome and the waiting events, one frame per line. If
// the client resumed and nothing waits yet, it waits for the first event. The positions for the
// next poll are the positions of the welcome, moved forward by the events.
func (b *Bridge) servePoll(x *exchange) error {
	f, err := x.connect()
	if err != nil {
		return err
	}
	defer f.close()
	entries, err := x.await(f)
	if err != nil {
		return err
	}
	size := 0
	for _, e := range entries {
		size += len(e.Frame())
	}
	if err := b.owed.hold(x.r.Context(), f.User, size); err != nil {
		return err // the client polls again from where it was
	}
	defer b.owed.give(f.User, size)
	body := append(b.encode(nil, x.id, f.welcome), wire.Separator)
	for _, e := range entries {
		body = append(append(body, e.Frame()...), wire.Separator)
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.lines()
	_ = x.write(body) // a client that is gone polls again from where it was
	return nil
}

// await returns the entries that wait for the client. If there are none, it waits for them
// within the client's patience.
func (x *exchange) await(f *feed) ([]*jetstream.Entry, error) {
	patience := time.NewTimer(x.patience())
	defer patience.Stop()
	leaving, leave := x.bridge.hub.leaving(), (<-chan time.Time)(nil)
	for {
		entries, _, err := f.cursor.Next(nil, pollBytes)
		if err != nil || len(entries) > 0 || !f.welcome.Recovered {
			return entries, err
		}
		select {
		case <-f.wake:
		case <-patience.C:
			return nil, nil
		case <-f.out:
			return nil, signedOut()
		case <-leaving:
			leaving, leave = nil, time.After(x.bridge.jitter())
		case <-leave:
			return nil, nil
		case <-x.bridge.work.Done():
			return nil, nil
		case <-x.r.Context().Done():
			f.hear() // that it hangs up
			return nil, nil
		}
	}
}

// patience returns how long a poll may wait: [pollWait], or less if the client prefers less
// (RFC 7240, section 4.3). A client that has just reconnected prefers not to wait at all,
// because it needs the welcome before anything else.
func (x *exchange) patience() time.Duration {
	for preference := range strings.SplitSeq(x.r.Header.Get("Prefer"), ",") {
		wait, ok := strings.CutPrefix(strings.TrimSpace(preference), "wait=")
		if seconds, err := strconv.ParseUint(wait, 10, 16); ok && err == nil {
			return min(time.Duration(seconds)*time.Second, pollWait)
		}
	}
	return pollWait
}

// lines begins an answer that has one frame per line.
func (x *exchange) lines() {
	x.w.Header().Set("Content-Type", "application/x-ndjson")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(http.StatusOK)
}
