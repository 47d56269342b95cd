// Package guardtest lets tests ask a server on loopback through a real guard.
package guardtest

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"natterjack/server/internal/guard"
)

// For returns a guard that may ask a server of the test that speaks TLS, and no other host of the
// machine. A request may take as long as timeout.
func For(tb testing.TB, s *httptest.Server, timeout time.Duration) *guard.Guard {
	tb.Helper()
	at, err := netip.ParseAddrPort(s.Listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	g := guard.New(guard.Config{
		Ports:   []uint16{at.Port()},
		Permit:  []netip.Prefix{netip.PrefixFrom(at.Addr(), at.Addr().BitLen())},
		Timeout: timeout,
		TLS:     s.Client().Transport.(*http.Transport).TLSClientConfig,
	})
	tb.Cleanup(g.Close)
	return g
}
