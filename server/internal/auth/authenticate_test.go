package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"natterjack/server/wire"
)

func TestAuthenticate_Minted(t *testing.T) {
	keys := parseKeys(t, privatePEM(t, newPrivate(t)))
	a := newAuthenticator(t, Config{Keys: keys})
	token, expires, err := keys.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // first verified, then from the cache
		user, until, err := a.Authenticate(t.Context(), token)
		if err != nil || user != "alice" || !until.Equal(expires) {
			t.Fatalf("got %q, %v, %v, want alice until %v", user, until, err, expires)
		}
	}
}

func TestAuthenticate_Expires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := parseKeys(t, privatePEM(t, newPrivate(t)))
		a := newAuthenticator(t, Config{Keys: keys})
		token, expires, err := keys.Mint("alice", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.Authenticate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(expires) - time.Nanosecond)
		if _, _, err := a.Authenticate(t.Context(), token); err != nil {
			t.Errorf("a nanosecond before: %v", err)
		}
		time.Sleep(time.Nanosecond)
		want := "token: expired at " + expires.UTC().Format(time.RFC3339) + "; get a new one"
		_, _, err = a.Authenticate(t.Context(), token) // from the cache
		wantRefusal(t, err, wire.CodeExpired, want)
		_, _, err = newAuthenticator(t, Config{Keys: keys}).Authenticate(t.Context(), token) // for the first time
		wantRefusal(t, err, wire.CodeExpired, want)
	})
}

// TestAuthenticate_ClockWasAhead has a token be made and verified while the clock is a day ahead.
// It would be good for a day too long.
func TestAuthenticate_ClockWasAhead(t *testing.T) {
	a := newAuthenticator(t, Config{Keys: parseKeys(t, privatePEM(t, newPrivate(t)))})
	ahead := time.Now().Add(24 * time.Hour)
	a.cache.Add(digestOf("token"), proof{user: "alice", expires: ahead.Add(time.Hour), begins: ahead})
	_, _, err := a.Authenticate(t.Context(), "token")
	wantRefusal(t, err, wire.CodeUnauthorized, "token: is not valid yet; compare the clocks of its issuer and of this server")
}

func TestAuthenticate_Refuses(t *testing.T) {
	private := newPrivate(t)
	keys := parseKeys(t, privatePEM(t, private))
	a := newAuthenticator(t, Config{Keys: keys})
	good, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	claims := claimsOf("natterjack", `"natterjack"`, `"alice"`, now.Add(time.Hour))
	b64 := base64.RawURLEncoding.EncodeToString
	const otherAlg = "token: is signed with an algorithm other than [EdDSA]"
	const notJWT = "token: is not a JWT in compact form"
	const notOurs = "token: its signature is not by a key of this server; sign in again"
	const notIssuer = "token: its issuer is not one that this server trusts"
	for name, c := range map[string]struct{ token, message string }{
		"missing":               {"", "token: is missing; sign in and send one"},
		"long":                  {strings.Repeat("x", maxToken+1), "token: 16385 bytes, at most 16384 are read"},
		"no_jwt":                {"alice", notJWT},
		"dots":                  {"..", otherAlg},
		"json_serialization":    {`{"payload":"` + payload + `","protected":"` + head + `","signature":"` + signature + `"}`, notJWT},
		"encrypted":             {"a.b.c.d.e", notJWT},
		"alg_none":              {b64([]byte(`{"alg":"none"}`)) + "." + payload + ".", otherAlg},
		"alg_none_case":         {b64([]byte(`{"alg":"NoNe"}`)) + "." + payload + ".", otherAlg},
		"alg_none_signed":       {b64([]byte(`{"alg":"none"}`)) + "." + payload + "." + signature, otherAlg},
		"alg_hs256_public_raw":  {sign(t, jose.HS256, []byte(keys.verify[0].public), keys.verify[0].id, claims), otherAlg},
		"alg_hs256_public_pem":  {sign(t, jose.HS256, publicPEM(t, private.Public()), "", claims), otherAlg},
		"alg_es256":             {sign(t, jose.ES256, ec, "", claims), otherAlg},
		"alg_missing":           {b64([]byte(`{}`)) + "." + payload + "." + signature, otherAlg},
		"other_key":             {sign(t, jose.EdDSA, newPrivate(t), "", claims), notOurs},
		"other_key_our_kid":     {sign(t, jose.EdDSA, newPrivate(t), keys.verify[0].id, claims), notOurs},
		"our_key_other_kid":     {sign(t, jose.EdDSA, private, "other", claims), notOurs},
		"embedded_key":          {embedded(t, claims), notOurs},
		"signature_cut":         {good[:len(good)-4], notOurs},
		"signature_empty":       {head + "." + payload + ".", notOurs},
		"payload_changed":       {head + "." + b64([]byte(strings.Replace(claims, "alice", "bobby", 1))) + "." + signature, notOurs},
		"payload_empty":         {head + ".." + signature, "token: is not a JWT whose payload is a set of claims"},
		"payload_text":          {sign(t, jose.EdDSA, private, "", "alice"), "token: is not a JWT whose payload is a set of claims"},
		"payload_iss_twice":     {sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","iss":"other"}`), "token: is not a JWT whose payload is a set of claims"},
		"payload_exp_text":      {sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","exp":"soon"}`), "token: is not a JWT whose payload is a set of claims"},
		"iss_other":             {sign(t, jose.EdDSA, private, "", claimsOf("https://example.com", `"natterjack"`, `"alice"`, now.Add(time.Hour))), notIssuer},
		"iss_missing":           {sign(t, jose.EdDSA, private, "", `{"sub":"alice"}`), notIssuer},
		"aud_other":             {sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `"mail"`, `"alice"`, now.Add(time.Hour))), "token: its audience (aud) must be natterjack"},
		"aud_missing":           {sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","sub":"alice","exp":9999999999}`), "token: its audience (aud) must be natterjack"},
		"exp_missing":           {sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","aud":"natterjack","sub":"alice"}`), "token: has no expiry (exp)"},
		"nbf_future":            {sign(t, jose.EdDSA, private, "", withClaim(claims, "nbf", now.Add(leeway+2*time.Second))), "token: is not valid yet; compare the clocks of its issuer and of this server"},
		"iat_future":            {sign(t, jose.EdDSA, private, "", withClaim(claims, "iat", now.Add(leeway+2*time.Second))), "token: is not valid yet; compare the clocks of its issuer and of this server"},
		"sub_missing":           {sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","aud":"natterjack","exp":9999999999}`), "token: its sub is not a user name; a user name has 1 to 64 characters of a-z, 0-9, '_' and '-'"},
		"sub_case":              {sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `"natterjack"`, `"Alice"`, now.Add(time.Hour))), "token: its sub is not a user name; a user name has 1 to 64 characters of a-z, 0-9, '_' and '-'"},
		"sub_wildcard":          {sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `"natterjack"`, `"*"`, now.Add(time.Hour))), "token: its sub is not a user name; a user name has 1 to 64 characters of a-z, 0-9, '_' and '-'"},
		"sub_subject":           {sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `"natterjack"`, `"a.b"`, now.Add(time.Hour))), "token: its sub is not a user name; a user name has 1 to 64 characters of a-z, 0-9, '_' and '-'"},
		"sub_list":              {sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `"natterjack"`, `["alice"]`, now.Add(time.Hour))), "token: is not a JWT whose payload is a set of claims"},
		"bearer_prefix_is_kept": {"Bearer " + good, notJWT},
	} {
		t.Run(name, func(t *testing.T) {
			user, expires, err := a.Authenticate(t.Context(), c.token)
			wantRefusal(t, err, wire.CodeUnauthorized, c.message)
			if user != "" || !expires.IsZero() {
				t.Errorf("told %q and %v besides", user, expires)
			}
			if e, _ := errors.AsType[*wire.Error](err); len(c.token) > 8 && strings.Contains(e.Message, c.token) {
				t.Error("the text repeats the token")
			}
		})
	}
}

func TestAuthenticate_Accepts(t *testing.T) {
	private := newPrivate(t)
	keys := parseKeys(t, privatePEM(t, private))
	a := newAuthenticator(t, Config{Keys: keys})
	now := time.Now()
	claims := claimsOf("natterjack", `"natterjack"`, `"alice"`, now.Add(time.Hour))
	for name, token := range map[string]string{
		"without_kid":      sign(t, jose.EdDSA, private, "", claims),
		"with_kid":         sign(t, jose.EdDSA, private, keys.verify[0].id, claims),
		"audiences":        sign(t, jose.EdDSA, private, "", claimsOf("natterjack", `["mail","natterjack"]`, `"alice"`, now.Add(time.Hour))),
		"clock_ahead":      sign(t, jose.EdDSA, private, "", withClaim(withClaim(claims, "nbf", now.Add(50*time.Second)), "iat", now.Add(50*time.Second))),
		"other_claims":     sign(t, jose.EdDSA, private, "", `{"role":["x"],`+claims[1:]),
		"fraction":         sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","aud":"natterjack","sub":"alice","exp":4102444800.5}`),
		"for_all_eternity": sign(t, jose.EdDSA, private, "", `{"iss":"natterjack","aud":"natterjack","sub":"alice","exp":4e18}`),
	} {
		user, expires, err := a.Authenticate(t.Context(), token)
		if err != nil || user != "alice" || expires.UnixMilli() <= now.UnixMilli() {
			t.Errorf("%s: %q, %v, %v", name, user, expires, err)
		}
	}
}

// TestAuthenticate_KeysChange shows that no user is signed out while the keys are changed.
func TestAuthenticate_KeysChange(t *testing.T) {
	before, after := newPrivate(t), newPrivate(t)
	oldToken, _, err := parseKeys(t, privatePEM(t, before)).Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	both := parseKeys(t, privatePEM(t, after), publicPEM(t, before.Public()))
	newToken, _, err := both.Mint("bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthenticator(t, Config{Keys: both})
	for token, want := range map[string]string{oldToken: "alice", newToken: "bob"} {
		if user, _, err := a.Authenticate(t.Context(), token); err != nil || user != want {
			t.Errorf("got %q, %v, want %s", user, err, want)
		}
	}
	_, _, err = newAuthenticator(t, Config{Keys: parseKeys(t, publicPEM(t, after.Public()))}).Authenticate(t.Context(), oldToken)
	wantRefusal(t, err, wire.CodeUnauthorized, "token: its signature is not by a key of this server; sign in again")
}

func TestNew_TrustsNobody(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("an authenticator that trusts nobody was made")
	}
}

func TestCache_Bounded(t *testing.T) {
	c := newCache()
	p := proof{user: "alice"}
	for i := range 5 * cacheSize {
		c.Add(digestOf(fmt.Sprint(i)), p)
		if _, ok := c.Get(digestOf("0")); !ok {
			t.Fatalf("after %d others, one asked for all the time was forgotten", i)
		}
	}
	if n := c.Len(); n > cacheSize {
		t.Errorf("%d entries", n)
	}
	if _, ok := c.Get(digestOf("1")); ok {
		t.Error("one that nobody asked for was kept")
	}
}

func claimsOf(iss, aud, sub string, exp time.Time) string {
	return fmt.Sprintf(`{"iss":%q,"aud":%s,"sub":%s,"exp":%d}`, iss, aud, sub, exp.Unix())
}

func withClaim(claims, name string, at time.Time) string {
	return fmt.Sprintf(`{%q:%d,%s`, name, at.Unix(), claims[1:])
}

// embedded returns a token that contains the key to verify it with.
func embedded(t *testing.T, claims string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: newPrivate(t)}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func FuzzAuthenticate(f *testing.F) {
	private := newPrivate(f)
	keys := parseKeys(f, privatePEM(f, private))
	a := newAuthenticator(f, Config{Keys: keys})
	good, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	signed := good[:strings.LastIndexByte(good, '.')+1]
	f.Add("")
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(sign(f, jose.EdDSA, newPrivate(f), "", `{"iss":"natterjack","aud":"natterjack","sub":"alice","exp":9999999999}`))
	f.Add("e30." + good)
	f.Fuzz(func(t *testing.T, token string) {
		if strings.HasPrefix(token, signed) {
			return // base64 can spell the last bits of one signature in several ways
		}
		if user, _, err := a.Authenticate(t.Context(), token); !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
			t.Fatalf("%q: %q, %v", token, user, err)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	keys := parseKeys(b, privatePEM(b, newPrivate(b)))
	token, _, err := keys.Mint("alice", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	a := newAuthenticator(b, Config{Keys: keys})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if _, err := a.verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := a.Authenticate(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
