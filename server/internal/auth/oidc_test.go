package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"natterjack/server/wire"
)

// idp is an identity provider for tests: go-oidc's own. It counts requests and can be made to
// fail.
type idp struct {
	oidctest.Server
	url       string
	key       *ecdsa.PrivateKey
	discovers atomic.Int64
	fetches   atomic.Int64
	broken    atomic.Pointer[http.HandlerFunc] // serves instead, if set
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{key: newECDSA(t)}
	p.PublicKeys = []oidctest.PublicKey{{PublicKey: p.key.Public(), KeyID: "k1", Algorithm: oidc.ES256}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			p.fetches.Add(1)
		} else {
			p.discovers.Add(1)
		}
		if broken := p.broken.Load(); broken != nil {
			(*broken)(w, r)
			return
		}
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	p.url = srv.URL
	p.SetIssuer(srv.URL)
	return p
}

func (p *idp) breakWith(h http.HandlerFunc) { p.broken.Store(&h) }

func (p *idp) config() *OIDC {
	return &OIDC{Issuer: p.url, Audience: "chat", UserClaim: "preferred_username"}
}

// token returns one of the provider's tokens, with more or other claims.
func (p *idp) token(keyID, more string) string {
	return oidctest.SignIDToken(p.key, keyID, oidc.ES256, p.claims(time.Now().Add(time.Hour), more))
}

func (p *idp) claims(exp time.Time, more string) string {
	return fmt.Sprintf(`{"iss":%q,"aud":"chat","sub":"auth0|1","exp":%d,"preferred_username":"alice"%s}`, p.url, exp.Unix(), more)
}

func newECDSA(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestOIDC_BesideOwnKeys(t *testing.T) {
	p := newIDP(t)
	keys := parseKeys(t, privatePEM(t, newPrivate(t)))
	a := newAuthenticator(t, Config{Keys: keys, OIDC: p.config()})
	if p.discovers.Load() != 0 {
		t.Error("New asked the provider")
	}
	own, _, err := keys.Mint("bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{p.token("k1", ""): "alice", own: "bob"} {
		user, expires, err := a.Authenticate(t.Context(), token)
		if err != nil || user != want || time.Until(expires) < 59*time.Minute {
			t.Errorf("got %q, %v, %v, want %s", user, expires, err, want)
		}
	}
	if p.discovers.Load() != 1 || p.fetches.Load() != 1 {
		t.Errorf("%d discoveries, %d fetches of keys", p.discovers.Load(), p.fetches.Load())
	}
}

// TestOIDC_Claims shows which claims of a user are told besides their id: the text of the
// configured claims, once for each token, and nothing for a token without them.
func TestOIDC_Claims(t *testing.T) {
	p := newIDP(t)
	cfg := p.config()
	cfg.NameClaim, cfg.ZoneClaim = "name", "zoneinfo"
	a := newAuthenticator(t, Config{OIDC: cfg})
	var told []Claims
	a.WatchClaims(func(user string, said Claims) {
		if user != "alice" {
			t.Errorf("told of %s", user)
		}
		told = append(told, said)
	})
	for _, more := range []string{`,"name":"Alice Smith","zoneinfo":"Europe/Berlin"`, `,"name":"Alice"`, `,"name":["x"],"zoneinfo":7`, `,"family_name":"Smith"`} {
		token := p.token("k1", more)
		for range 2 { // the second time it is in the cache
			if _, _, err := a.Authenticate(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []Claims{{Name: "Alice Smith", Zone: "Europe/Berlin"}, {Name: "Alice"}}; !slices.Equal(told, want) {
		t.Errorf("%+v, want %+v", told, want)
	}
	if _, _, err := a.Authenticate(t.Context(), p.token("k2", `,"name":"Mallory"`)); err == nil || len(told) != 2 {
		t.Errorf("a token that does not verify: %v, told %+v", err, told)
	}
	b := newAuthenticator(t, Config{OIDC: p.config()})
	b.WatchClaims(func(string, Claims) { t.Error("claims that are not configured are told") })
	if _, _, err := b.Authenticate(t.Context(), p.token("k1", `,"name":"Alice","":"x"`)); err != nil {
		t.Fatal(err)
	}
}

// TestOIDC_mail shows that only an address that the provider has verified is told, and none unless
// it is asked for.
func TestOIDC_mail(t *testing.T) {
	p := newIDP(t)
	cfg := p.config()
	cfg.Mail = true
	a := newAuthenticator(t, Config{OIDC: cfg})
	var told []Claims
	a.WatchClaims(func(_ string, said Claims) { told = append(told, said) })
	unverified := Claims{Unverified: true, Language: "ja"}
	for more, want := range map[string]Claims{
		`,"email":"a@example.com","email_verified":true,"locale":"ja"`:    {Mail: "a@example.com", Language: "ja"},
		`,"email":"b@example.com","email_verified":"true"`:                {Mail: "b@example.com"},
		`,"email":"c@example.com","email_verified":false,"locale":"ja"`:   unverified,
		`,"email":"d@example.com","email_verified":"false","locale":"ja"`: unverified,
		`,"email":"e@example.com","locale":"ja"`:                          unverified,
		`,"email":"f@example.com","email_verified":1,"locale":"ja"`:       unverified,
	} {
		if _, _, err := a.Authenticate(t.Context(), p.token("k1", more)); err != nil {
			t.Fatal(err)
		}
		if n := len(told); n == 0 || told[n-1] != want {
			t.Errorf("%s: not as wanted", more)
		}
	}
	n := len(told)
	for _, more := range []string{`,"email_verified":true,"locale":"ja"`, `,"email":["a@example.com"],"email_verified":true`} {
		if _, _, err := a.Authenticate(t.Context(), p.token("k1", more)); err != nil || len(told) != n {
			t.Errorf("%s: %v, told", more, err)
		}
	}
	cfg.Mail = false
	b := newAuthenticator(t, Config{OIDC: cfg})
	b.WatchClaims(func(string, Claims) { t.Error("an address that nobody asked for is told") })
	if _, _, err := b.Authenticate(t.Context(), p.token("k1", `,"email":"a@example.com","email_verified":true`)); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", told, told, &told[0]); strings.Contains(text, "example") {
		t.Errorf("claims print as %s", text)
	}
}

func TestOIDC_Refuses(t *testing.T) {
	p := newIDP(t)
	private := newPrivate(t)
	a := newAuthenticator(t, Config{Keys: parseKeys(t, privatePEM(t, private)), OIDC: p.config()})
	signed := func(claims string) string { return oidctest.SignIDToken(p.key, "k1", oidc.ES256, claims) }
	hour := time.Now().Add(time.Hour)
	old := time.Now().Add(-time.Second).Truncate(time.Second)
	const notUser = "token: its preferred_username is not a user name; a user name has 1 to 64 characters of a-z, 0-9, '_' and '-'"
	const notSigned = "token: its signature is not by a key of its issuer; sign in again"
	for name, c := range map[string]struct {
		token   string
		code    wire.Code
		message string
	}{
		"expired":         {signed(p.claims(old, "")), wire.CodeExpired, "token: expired at " + old.UTC().Format(time.RFC3339) + "; get a new one"},
		"no_expiry":       {signed(fmt.Sprintf(`{"iss":%q,"aud":"chat","preferred_username":"alice"}`, p.url)), wire.CodeUnauthorized, "token: has no expiry (exp)"},
		"other_audience":  {signed(strings.Replace(p.claims(hour, ""), `"chat"`, `"mail"`, 1)), wire.CodeUnauthorized, "token: is not for this server (aud), or not valid yet (nbf)"},
		"future":          {signed(p.claims(hour, fmt.Sprintf(`,"nbf":%d`, hour.Unix()))), wire.CodeUnauthorized, "token: is not for this server (aud), or not valid yet (nbf)"},
		"no_user":         {signed(strings.Replace(p.claims(hour, ""), "preferred_username", "name", 1)), wire.CodeUnauthorized, notUser},
		"user_not_text":   {signed(strings.Replace(p.claims(hour, ""), `"alice"`, `["alice"]`, 1)), wire.CodeUnauthorized, notUser},
		"user_email":      {signed(strings.Replace(p.claims(hour, ""), `"alice"`, `"alice@example.com"`, 1)), wire.CodeUnauthorized, notUser},
		"other_key":       {oidctest.SignIDToken(newECDSA(t), "k1", oidc.ES256, p.claims(hour, "")), wire.CodeUnauthorized, notSigned},
		"our_key":         {sign(t, jose.EdDSA, private, "", p.claims(hour, "")), wire.CodeUnauthorized, notSigned},
		"its_key_for_own": {signed(claimsOf("natterjack", `"natterjack"`, `"alice"`, hour)), wire.CodeUnauthorized, "token: of this server must be signed with EdDSA"},
		"hs256":           {sign(t, jose.HS256, publicPEM(t, p.key.Public()), "k1", p.claims(hour, "")), wire.CodeUnauthorized, "token: is signed with an algorithm other than [EdDSA RS256 PS256 ES256]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := a.Authenticate(t.Context(), c.token)
			wantRefusal(t, err, c.code, c.message)
		})
	}
}

// TestOIDC_UnknownKeyStorm shows that tokens with made-up keys make this server ask its
// provider a bounded number of times, and that users with valid tokens are not affected.
func TestOIDC_UnknownKeyStorm(t *testing.T) {
	p := newIDP(t)
	a := newAuthenticator(t, Config{OIDC: p.config()})
	if _, _, err := a.Authenticate(t.Context(), p.token("k1", "")); err != nil {
		t.Fatal(err)
	}
	stranger := newECDSA(t)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			token := oidctest.SignIDToken(stranger, fmt.Sprint("made-up-", i), oidc.ES256, p.claims(time.Now().Add(time.Hour), ""))
			if user, _, err := a.Authenticate(t.Context(), token); err == nil {
				t.Errorf("a stranger signed in as %s", user)
			}
		})
	}
	wg.Wait()
	if user, _, err := a.Authenticate(t.Context(), p.token("k1", `,"jti":"another"`)); err != nil || user != "alice" {
		t.Errorf("meanwhile: %q, %v", user, err)
	}
	// One after the other, because concurrent tokens share a fetch. While the limit lasts, a
	// really new key cannot be told from a made-up one: the client must try again and must not
	// sign out.
	var refused error
	for i := range 20 * fetchBurst {
		token := oidctest.SignIDToken(stranger, fmt.Sprint("more-", i), oidc.ES256, p.claims(time.Now().Add(time.Hour), ""))
		if _, _, refused = a.Authenticate(t.Context(), token); errors.Is(refused, &wire.Error{Code: wire.CodeUnavailable}) {
			break
		}
	}
	wantRefusal(t, refused, wire.CodeUnavailable, "token: the keys of the identity provider cannot be fetched; try again")
	if n := p.discovers.Load() + p.fetches.Load(); n > fetchBurst {
		t.Errorf("%d requests to the provider", n)
	}
	if user, _, err := a.Authenticate(t.Context(), p.token("k1", `,"jti":"a third"`)); err != nil || user != "alice" {
		t.Errorf("afterwards: %q, %v", user, err)
	}
}

func TestOIDC_KeysChange(t *testing.T) {
	p := newIDP(t)
	a := newAuthenticator(t, Config{OIDC: p.config()})
	if _, _, err := a.Authenticate(t.Context(), p.token("k1", "")); err != nil {
		t.Fatal(err)
	}
	p.key = newECDSA(t)
	changed := oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: p.key.Public(), KeyID: "k2", Algorithm: oidc.ES256}}}
	changed.SetIssuer(p.url)
	p.breakWith(changed.ServeHTTP)
	if err := afterFetch(t, a, p, "k2"); err != nil {
		t.Error(err)
	}
}

func TestOIDC_ProviderAway(t *testing.T) {
	for name, broken := range map[string]http.HandlerFunc{
		"error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"html":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>we are mending this</html>") },
		"hang_up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name+"_at_first", func(t *testing.T) {
			p := newIDP(t)
			p.breakWith(broken)
			a := newAuthenticator(t, Config{OIDC: p.config()})
			for range 20 {
				_, _, err := a.Authenticate(t.Context(), p.token("k1", ""))
				wantRefusal(t, err, wire.CodeUnavailable, "")
			}
			if n := p.discovers.Load(); n > 2 { // net/http itself asks again after a broken connection
				t.Errorf("asked %d times", n)
			}
		})
		t.Run(name+"_later", func(t *testing.T) {
			p := newIDP(t)
			a := newAuthenticator(t, Config{OIDC: p.config()})
			token := p.token("k1", "")
			if _, _, err := a.Authenticate(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			p.breakWith(broken)
			if _, _, err := a.Authenticate(t.Context(), p.token("k1", `,"jti":"2"`)); err != nil {
				t.Errorf("a known key: %v", err)
			}
			wantRefusal(t, afterFetch(t, a, p, "k2"), wire.CodeUnavailable, "")
		})
	}
}

// afterFetch authenticates a token with an unknown key, and returns the error once the provider
// has been asked. Right after a fetch, go-oidc uses the keys of that fetch for a moment. Three
// attempts are within the limit of requests.
func afterFetch(t *testing.T, a *Authenticator, p *idp, keyID string) (err error) {
	t.Helper()
	before := p.fetches.Load()
	for range 3 {
		if _, _, err = a.Authenticate(t.Context(), p.token(keyID, "")); p.fetches.Load() > before {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the provider was not asked")
	return nil
}

func TestOIDC_Configuration(t *testing.T) {
	good := OIDC{Issuer: "https://id.example.com", Audience: "chat"}
	for name, c := range map[string]struct {
		change func(*OIDC)
		want   string
	}{
		"good":        {func(*OIDC) {}, ""},
		"loopback":    {func(o *OIDC) { o.Issuer = "http://127.0.0.1:9999/realm" }, ""},
		"localhost":   {func(o *OIDC) { o.Issuer = "http://localhost:9999" }, ""},
		"ipv6":        {func(o *OIDC) { o.Issuer = "http://[::1]" }, ""},
		"http":        {func(o *OIDC) { o.Issuer = "http://id.example.com" }, "auth: oidc: issuer: must be https"},
		"no_host":     {func(o *OIDC) { o.Issuer = "id.example.com" }, "auth: oidc: issuer: must be a URL with a host and without a password"},
		"password":    {func(o *OIDC) { o.Issuer = "https://u:hunter2@h" }, "auth: oidc: issuer: must be a URL with a host and without a password"},
		"not_a_url":   {func(o *OIDC) { o.Issuer = "https://hunter2\x00" }, "auth: oidc: issuer: is not a URL"},
		"no_audience": {func(o *OIDC) { o.Audience = "" }, "auth: oidc: the audience is missing; without it, tokens made for any other service would be accepted"},
		"hs256":       {func(o *OIDC) { o.Algs = []string{"HS256"} }, `auth: oidc: "HS256" is not one of the algorithms ` + fmt.Sprint(asymmetric)},
		"none":        {func(o *OIDC) { o.Algs = []string{"none"} }, `auth: oidc: "none" is not one of the algorithms ` + fmt.Sprint(asymmetric)},
	} {
		cfg := good
		c.change(&cfg)
		_, err := newProvider(cfg, new(capture).logger())
		got := ""
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
