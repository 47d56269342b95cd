package guard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestGuard_errorsHaveNoURL has a receiver that knows the URL answer so that the client quotes it.
func TestGuard_errorsHaveNoURL(t *testing.T) {
	const secret = "SECRET"
	for name, answer := range map[string]string{
		"a redirect that cannot be read": "HTTP/1.1 302 Found\r\nLocation: https://example.com:x/SECRET/%zz\r\nContent-Length: 0\r\n\r\n",
		"a refused redirect":             "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/SECRET\r\nContent-Length: 0\r\n\r\n",
		"no status":                      "https://example.com/SECRET\r\n\r\n",
		"no version":                     "HTTP/SECRET 200 OK\r\n\r\n",
		"no code":                        "HTTP/1.1 SECRET OK\r\n\r\n",
		"no header":                      "HTTP/1.1 200 OK\r\nSECRET\r\n\r\n",
		"no length":                      "HTTP/1.1 200 OK\r\nContent-Length: SECRET\r\n\r\n",
		"no encoding":                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: SECRET\r\n\r\n",
		"no chunk":                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nSECRET\r\n",
		"no trailer":                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nSECRET\r\n\r\n",
		"nothing":                        "",
		"half an answer":                 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
	} {
		t.Run(name, func(t *testing.T) {
			g := answering(t, answer)
			resp, err := g.Do(g.get(t, "/"+secret))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("the error is: %v", err)
			}
		})
	}
}

// TestPlain shows that an error of an unknown kind is not told, and that a known one is, without
// the text around it.
func TestPlain(t *testing.T) {
	around := func(err error) error { return fmt.Errorf("https://example.com/SECRET: %w", err) }
	refused := refuse("the reason")
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: refused}
	for _, c := range []struct{ err, want error }{
		{errors.New("SECRET"), errAnswer},
		{http.ErrServerClosed, errAnswer},
		{around(refused), refused},
		{around(dial), dial},
		{around(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
	} {
		if got := plain(c.err); got != c.want { //nolint:errorlint // the very same
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

// bare asks a receiver that speaks as little HTTP as the test wants.
type bare struct {
	*Guard

	url string
}

// answering returns a guard and a receiver that has one answer to everything.
func answering(t *testing.T, answer string) *bare {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	g := New(Config{Plain: true, Redirects: 1, Ports: []uint16{uint16(l.Addr().(*net.TCPAddr).Port)}, Permit: prefixes("127.0.0.1/32")})
	t.Cleanup(g.Close)
	return &bare{Guard: g, url: "http://" + l.Addr().String()}
}

func (b *bare) get(t *testing.T, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
