package bridge

import (
	"errors"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

func TestConnect_refusals(t *testing.T) {
	follow := func(_ string, resume *wire.Resume) (jetstream.Start, error) {
		if resume != nil && resume.Epoch == "broken" {
			return jetstream.Start{}, errors.New("the view is broken")
		}
		if resume != nil {
			return jetstream.Start{}, wire.Errorf(wire.CodeUnavailable, "catching up")
		}
		return jetstream.Start{}, nil
	}
	for name, tc := range map[string]struct {
		frame string
		code  wire.Code
		close websocket.StatusCode
	}{
		"no token":        {`{"type":"connect","ref":9,"v":1}`, wire.CodeUnauthorized, 4501},
		"forged token":    {`{"type":"connect","ref":9,"v":1,"token":"forged"}`, wire.CodeUnauthorized, 4501},
		"not a user":      {`{"type":"connect","ref":9,"v":1,"token":"Alice B"}`, wire.CodeUnauthorized, 4501},
		"stale token":     {`{"type":"connect","ref":9,"v":1,"token":"stale"}`, wire.CodeExpired, 4004},
		"our fault":       {`{"type":"connect","ref":9,"v":1,"token":"faulty"}`, wire.CodeInternal, 4005},
		"other version":   {`{"type":"connect","ref":9,"v":2,"token":"alice"}`, wire.CodeUnsupported, 4502},
		"no version":      {`{"type":"connect","ref":9,"token":"alice"}`, wire.CodeUnsupported, 4502},
		"catching up":     {`{"type":"connect","ref":9,"v":1,"token":"alice","resume":{"epoch":"e","positions":[]}}`, wire.CodeUnavailable, 1013},
		"broken view":     {`{"type":"connect","ref":9,"v":1,"token":"alice","resume":{"epoch":"broken","positions":[]}}`, wire.CodeInternal, 4005},
		"too many of one": {`{"type":"connect","ref":9,"v":1,"token":"crowd"}`, wire.CodeTooFast, 1013},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{Log: &fakeLog{follow: follow}, MaxUserSessions: 1})
			r.connect(t, "crowd")
			c := r.dial(t).listen()
			c.send(tc.frame)
			c.expectError(tc.code, 9)
			<-c.closed
			if got := websocket.CloseStatus(c.end); got != tc.close {
				t.Errorf("closed with %v, want %d", c.end, tc.close)
			}
		})
	}
}

func TestOrigin_foreignIsRefused(t *testing.T) {
	r := newRig(t, Config{Log: &fakeLog{}, Origins: []string{"https://Chat.example.com/", "http://[::1]:5173"}})
	for origin, ok := range map[string]bool{
		"http://bridge":            true,
		"https://BRIDGE":           true,
		"https://chat.example.com": true,
		"http://[::1]:5173":        true,
		"http://chat.example.com":  false,
		"https://evil.example.com": false,
		"https://bridge.evil.com":  false,
		"https://bridge:444":       false,
		"null":                     false,
		"://":                      false,
	} {
		_, resp, err := r.tryDial(t, "Origin", origin)
		if (err == nil) != ok {
			t.Errorf("%s: %v", origin, err)
		}
		if err != nil && (resp == nil || resp.StatusCode != http.StatusForbidden) {
			t.Errorf("%s: response %v", origin, resp)
		}
	}
}
