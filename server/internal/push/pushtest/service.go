package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Google is an account with Google's service for Android devices.
type Google struct {
	private *rsa.PrivateKey

	tokenURI string
}

// NewGoogle returns an account that gets its tokens at a URL.
func NewGoogle(tokenURI string) *Google { return &Google{rsaKey(), tokenURI} }

// rsaKey returns a key. All accounts share it, because it takes long to make.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// Members returns the members of the account's JSON, as the operator has it.
func (g *Google) Members(tb testing.TB) map[string]string {
	tb.Helper()
	return map[string]string{
		"type": "service_account", "project_id": "p-1", "client_email": "push@p-1.example.com", "private_key_id": "k1",
		"private_key": string(PEM(tb, g.private)), "token_uri": g.tokenURI,
	}
}

// JSON returns the account as the operator has it.
func (g *Google) JSON(tb testing.TB) []byte {
	tb.Helper()
	text, err := json.Marshal(g.Members(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// Asserted verifies a request for a token (RFC 7523).
func (g *Google) Asserted(r *http.Request) error {
	if got := r.FormValue("grant_type"); got != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return fmt.Errorf("grant_type is %q", got)
	}
	token, err := jwt.ParseSigned(r.FormValue("assertion"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return err
	}
	var c struct {
		Iss   string `json:"iss"`
		Aud   string `json:"aud"`
		Scope string `json:"scope"`
		Exp   int64  `json:"exp"`
		Iat   int64  `json:"iat"`
	}
	if err := token.Claims(&g.private.PublicKey, &c); err != nil {
		return err
	}
	if c.Iss != "push@p-1.example.com" || c.Aud != g.tokenURI || c.Scope != "https://www.googleapis.com/auth/firebase.messaging" ||
		token.Headers[0].KeyID != "k1" || c.Exp-c.Iat != 3600 {
		return fmt.Errorf("the assertion says %v, %v", token.Headers[0], c)
	}
	return nil
}

// Apple is a key for Apple's service.
type Apple struct{ private *ecdsa.PrivateKey }

// NewApple returns a new key. Its id is KEYID, and it belongs to the team TEAM.
func NewApple(tb testing.TB) *Apple {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Apple{private}
}

// P8 returns the key as the operator has it.
func (a *Apple) P8(tb testing.TB) []byte {
	tb.Helper()
	return PEM(tb, a.private)
}

// Verify verifies who sends a request, and over which protocol. It returns when the token was made,
// Unix seconds.
func (a *Apple) Verify(r *http.Request) (made int64, err error) {
	if r.ProtoMajor != 2 {
		return 0, fmt.Errorf("the protocol is %s", r.Proto)
	}
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "bearer ")
	if !ok {
		return 0, errors.New("the scheme is not bearer")
	}
	token, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return 0, err
	}
	var c struct {
		Iss string `json:"iss"`
		Iat int64  `json:"iat"`
	}
	if err := token.Claims(&a.private.PublicKey, &c); err != nil {
		return 0, err
	}
	if c.Iss != "TEAM" || token.Headers[0].KeyID != "KEYID" {
		return 0, fmt.Errorf("the token says %v, %v", token.Headers[0], c)
	}
	return c.Iat, nil
}

// Signed verifies a call of a webhook with a body, as the libraries of Standard Webhooks do.
func Signed(r *http.Request, body, secret []byte) error {
	h := r.Header
	m := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(m, "%s.%s.%s", h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	if got := h.Get("Webhook-Signature"); h.Get("Webhook-Id") == "" || got != want {
		return fmt.Errorf("webhook-signature is %q, want %q", got, want)
	}
	return nil
}

// PEM returns a private key as files have it.
func PEM(tb testing.TB, private any) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
