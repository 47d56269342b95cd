package s3

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patient notes until when an answer may be written.
type patient struct {
	http.ResponseWriter

	until time.Time
}

func (p *patient) SetWriteDeadline(t time.Time) error { p.until = t; return nil }

func (p *patient) SetReadDeadline(time.Time) error { return nil }

// TestBody_answered leaves time to write an answer, however long the body may take. The client
// that uploads as slowly as it may would otherwise never hear that its file is stored.
func TestBody_answered(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", nil)
	r.ContentLength = 64 << 20
	w := &patient{ResponseWriter: httptest.NewRecorder()}
	b, err := newBody(w, r, unsigned)
	if err != nil || !w.until.After(b.end) {
		t.Errorf("the answer may be written until %v, the body until %v: %v", w.until, b.end, err)
	}
	w.until = time.Time{}
	discard(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", strings.NewReader("refused")))
	if time.Until(w.until) < baseTimeout/2 {
		t.Errorf("a refusal may be written until %v", w.until)
	}
}
