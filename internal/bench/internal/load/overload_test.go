package load

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestDrain_tellsLateFromLost shows that Drain fails in both cases, but with different errors,
// when a server is late and when a message is lost.
func TestDrain_tellsLateFromLost(t *testing.T) {
	for _, late := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			f := NewFleet(t.Context(), "r", NewClock(), true)
			s := newSession(f, 0, Member{Channel: "a~b"})
			f.Sessions = append(f.Sessions, s)
			s.sends.Store(1000)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for range 2 * drainLimit / time.Second {
					time.Sleep(time.Second / 2)
					if late {
						s.acks.Add(1)
					}
				}
			}()
			err := f.Drain()
			if _, over := errors.AsType[*OverloadError](err); err == nil || over != late {
				t.Errorf("late %t: %v", late, err)
			}
			<-ended
		})
	}
}

func TestRefusal_tellsOverloadFromFault(t *testing.T) {
	for frame, want := range map[string]bool{
		`{"type":"error","code":"too_fast","message":"wait"}`:     true,
		`{"type":"error","code":"timeout","message":"not known"}`: true,
		`{"type":"error","code":"forbidden","message":"no"}`:      false,
	} {
		if _, over := errors.AsType[*OverloadError](refusal([]byte(frame))); over != want {
			t.Errorf("%s is overload: %t", frame, over)
		}
	}
}
