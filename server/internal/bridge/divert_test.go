package bridge

import (
	"net/http"
	"testing"
	"testing/synctest"

	"natterjack/server/wire"
)

// TestDivert sends the sessions of all transports away and admits them again. Requests are
// answered all the while.
func TestDivert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Log: &fakeLog{}})
		c := r.connect(t, "alice")
		next, _ := r.stream(t, `{"type":"connect","v":1,"token":"bob"}`)
		next()
		polled := make(chan []wire.Frame, 1)
		go func() {
			polled <- r.lines(t, wire.PathPoll, `{"type":"connect","v":1,"token":"bob","resume":{"epoch":"fake","positions":[0]}}`)
		}()
		synctest.Wait()
		r.Divert(true)
		r.Divert(true)
		c.expectClose(wire.CloseDraining)
		if e := decode[*wire.Error](t, []byte(next().data)); e.Code != wire.CodeUnavailable || !e.Retryable {
			t.Errorf("a stream ends with %+v", e)
		}
		<-polled
		if _, resp, err := r.tryDial(t); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a new session: %v, %v", resp, err)
		}
		poll := r.post(t, wire.PathPoll, `{"type":"connect","v":1,"token":"bob"}`)
		_ = poll.Body.Close()
		if poll.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a new poll: %s", poll.Status)
		}
		if f := r.lines(t, wire.PathFrames, `{"type":"list_channels"}`, "Authorization", "Bearer bob"); len(f) != 1 {
			t.Errorf("a request: %+v", f)
		}
		r.Divert(false)
		again := r.connect(t, "alice")
		synctest.Wait()
		if again.end != nil {
			t.Errorf("closed with %v", again.end)
		}
	})
}
