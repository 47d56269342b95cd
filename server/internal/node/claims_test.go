package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"iter"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"natterjack/server/wire"
)

// TestClaims shows that the claims of an identity provider about a user are in their profile soon
// after they have signed in, that users who share a channel with them are told, and that a user
// cannot set what the provider tells if that is configured.
func TestClaims(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	provider := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: oidc.ES256}}}
	srv := httptest.NewServer(provider)
	defer srv.Close()
	provider.SetIssuer(srv.URL)
	token := func(user, name string) string {
		return oidctest.SignIDToken(key, "k1", oidc.ES256, fmt.Sprintf(`{"iss":%q,"aud":"chat","sub":%q,"exp":%d,"name":%q,"zoneinfo":"Asia/Tokyo"}`,
			srv.URL, user, time.Now().Add(time.Hour).Unix(), name))
	}
	cfg := load(t)
	cfg.SignIn, cfg.Auth.Issuer, cfg.Auth.Audience = false, srv.URL, "chat"
	cfg.Profiles.FixedName = true
	a, _ := start(t, cfg)

	bob := dial(t, a, token("bob", ""))
	if got := bob.ask(t, `{"type":"send","ref":1,"to":"alice","client_id":"1","content":{"text":"hi"}}`, 1); got != "+" {
		t.Fatalf("send: %s", got)
	}
	alice := dial(t, a, token("alice", "Alice Smith"))
	if p := bob.told(t).Users[0]; p.User != "alice" || p.Name != "Alice Smith" || p.Zone != "Asia/Tokyo" {
		t.Errorf("bob is told %+v", p)
	}
	if got := alice.ask(t, `{"type":"set_profile","ref":2,"name":"Queen"}`, 2); got != "r" {
		t.Errorf("alice sets a name, although the provider tells it: %s", got)
	}
}

func frames(message []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { wire.Split(message, yield) }
}

// told returns the next profiles that the server sends by itself.
func (s *socket) told(t *testing.T) wire.Profiles {
	t.Helper()
	for {
		_, data, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for frame := range frames(data) {
			if news, ok := decode(t, frame).(wire.Profiles); ok && news.Ref.Ref == 0 {
				return news
			}
		}
	}
}
