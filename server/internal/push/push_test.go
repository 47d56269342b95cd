package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"natterjack/server/internal/guard"
)

func TestAnswered(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		code  int
		after string
		want  Outcome
	}{
		{200, "", Outcome{Result: Sent, Reason: "sent"}},
		{201, "", Outcome{Result: Sent, Reason: "sent"}},
		{204, "5", Outcome{Result: Sent, Reason: "sent"}},
		{301, "", Outcome{Result: Refused, Reason: "redirect"}},
		{307, "", Outcome{Result: Refused, Reason: "redirect"}},
		{400, "", Outcome{Result: Refused, Reason: "status_400"}},
		{401, "", Outcome{Result: Refused, Reason: "status_401"}},
		{403, "", Outcome{Result: Refused, Reason: "status_403"}},
		{404, "", Outcome{Result: Gone, Reason: "gone"}},
		{410, "", Outcome{Result: Gone, Reason: "gone"}},
		{408, "", Outcome{Result: Again, Reason: "status_408"}},
		{413, "", Outcome{Result: Refused, Reason: "too_large"}},
		{429, "", Outcome{Result: Again, Reason: "too_fast"}},
		{429, "120", Outcome{Result: Again, Reason: "too_fast", After: 2 * time.Minute}},
		{429, "Sun, 01 Mar 2026 12:00:30 GMT", Outcome{Result: Again, Reason: "too_fast", After: 30 * time.Second}},
		{429, "Sun, 01 Mar 2026 11:00:30 GMT", Outcome{Result: Again, Reason: "too_fast"}},
		{429, "-5", Outcome{Result: Again, Reason: "too_fast"}},
		{429, "soon", Outcome{Result: Again, Reason: "too_fast"}},
		{429, "2000000000", Outcome{Result: Again, Reason: "too_fast", After: 24 * time.Hour}},
		{429, "99999999999999999999", Outcome{Result: Again, Reason: "too_fast"}},
		{500, "", Outcome{Result: Again, Reason: "status_500"}},
		{503, "7", Outcome{Result: Again, Reason: "status_503", After: 7 * time.Second}},
	} {
		answer := Answer{Code: c.code, Header: http.Header{"Retry-After": {c.after}}}
		if got := Answered(answer, now); got != c.want {
			t.Errorf("%d, Retry-After %q: %+v, want %+v", c.code, c.after, got, c.want)
		}
	}
}

func TestFailed(t *testing.T) {
	if got := Failed(fmt.Errorf("dial: %w", guard.ErrRefused)); got.Result != Refused || got.Reason != "refused_address" {
		t.Errorf("a refused address: %+v", got)
	}
	if got := Failed(context.DeadlineExceeded); got.Result != Again || got.Reason != "timeout" {
		t.Errorf("a timeout: %+v", got)
	}
	if got := Failed(errors.New("x")); got.Result != Again {
		t.Errorf("another error: %+v", got)
	}
}

func TestNotification_payload(t *testing.T) {
	n := Notification{ID: "e1", Kind: KindMention, Channel: "c", Seq: 7, Title: "Ada", Body: "<b> & 花", Badge: 3}
	for want, n := range map[string]Notification{
		`{"v":1,"id":"e1","kind":"mention","channel":"c","seq":7,"title":"Ada","body":"<b> & 花","badge":3}`: n,
		`{"v":1,"id":"e1","kind":"mention","channel":"c","seq":7,"badge":3}`:                                n.Bare(),
	} {
		if got, err := n.Payload(); err != nil || string(got) != want {
			t.Errorf("%s (%v), want %s", got, err, want)
		}
	}
	if _, err := (Notification{Title: "\xff"}).Payload(); err == nil {
		t.Error("a title that is no text is encoded")
	}
}

func TestTarget_saysNothing(t *testing.T) {
	target := Target{Address: "https://push.example.com/secret", Key: []byte("secret"), Auth: []byte("secret")}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{target, &target, []Target{target}} {
			if got := fmt.Sprintf(format, v); strings.Contains(got, "secret") || strings.Contains(got, "115 101") {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
}
