package pushtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Browser is a subscription of a browser, or of an application with UnifiedPush.
type Browser struct {
	private *ecdh.PrivateKey

	Auth []byte // its authentication secret
}

// NewBrowser returns a subscription with keys of its own.
func NewBrowser(tb testing.TB) *Browser {
	tb.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Browser{private: private, Auth: []byte(rand.Text()[:16])}
}

// Public returns its public key.
func (b *Browser) Public() []byte { return b.private.PublicKey().Bytes() }

// Open decrypts a body of one record as a browser does (RFC 8188 and 8291). The derivation is
// written out in HMACs, as the RFCs have it.
func (b *Browser) Open(body []byte) (string, error) {
	if len(body) < 86+17 || body[20] != 65 {
		return "", errors.New("the body has no header")
	}
	salt, sender, record := body[:16], body[21:86], body[86:]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return "", err
	}
	shared, err := b.private.ECDH(public)
	if err != nil {
		return "", err
	}
	info := append([]byte("WebPush: info\x00"), b.Public()...)
	ikm := mac(mac(b.Auth, shared), append(append(info, sender...), 1))
	prk := mac(salt, ikm)
	block, err := aes.NewCipher(mac(prk, []byte("Content-Encoding: aes128gcm\x00\x01"))[:16])
	if err != nil {
		return "", err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	plain, err := aead.Open(nil, mac(prk, []byte("Content-Encoding: nonce\x00\x01"))[:12], record, nil)
	if err != nil {
		return "", err
	}
	plain, last := bytes.CutSuffix(bytes.TrimRight(plain, "\x00"), []byte{2})
	if !last {
		return "", errors.New("the record is not the last one")
	}
	return string(plain), nil
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(data)
	return h.Sum(nil)
}

// VAPID verifies the sender of a request, as a push service at an origin does (RFC 8292), and
// returns the claims of the request. Key is the server's key with which the subscription was made.
func VAPID(r *http.Request, key, origin string) (claims map[string]any, err error) {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid ")
	if !ok {
		return nil, errors.New("the scheme is not vapid")
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[name] = value
	}
	if params["k"] != key {
		return nil, errors.New("the key is not the one that the subscription was made with")
	}
	raw, err := base64.RawURLEncoding.DecodeString(params["k"])
	if err != nil {
		return nil, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return nil, err
	}
	token, err := jwt.ParseSigned(params["t"], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	if err := token.Claims(public, &claims); err != nil {
		return nil, err
	}
	if claims["aud"] != origin {
		return nil, errors.New("the audience is not the origin of the endpoint")
	}
	return claims, nil
}
