package auth

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWays(t *testing.T) {
	for want, ways := range map[string]Ways{
		`{"development":true}`: {Development: true},
		`{"development":false,"issuer":"https://id.example.com","client_id":"chat"}`: {Issuer: "https://id.example.com", ClientID: "chat"},
	} {
		rec := httptest.NewRecorder()
		ways.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/signin", nil))
		if rec.Code != http.StatusOK || rec.Body.String() != want || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("status %d, %s, want %s", rec.Code, rec.Body, want)
		}
	}
}
