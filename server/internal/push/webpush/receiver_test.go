package webpush

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
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"natterjack/server/internal/push"
)

// service is a push service on loopback with one subscription. It checks all of a request as push
// services do, and decrypts it as a browser does, by code of its own.
type service struct {
	*httptest.Server

	t       *testing.T
	private *ecdh.PrivateKey
	auth    []byte
	vapid   string // the key that the subscription belongs to

	mu     sync.Mutex
	answer func(n int, w http.ResponseWriter, r *http.Request) // nil for 201
	got    []received
}

type received struct {
	header http.Header
	plain  string
	size   int
	claims map[string]any
}

func newService(t *testing.T, key *Key) *service {
	t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, private: private, auth: []byte("sixteen bytes..."), vapid: key.Public()}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) target() push.Target {
	return push.Target{Address: s.URL + "/push/secret", Key: s.private.PublicKey().Bytes(), Auth: s.auth}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	got := received{header: r.Header, size: len(body)}
	if got.claims, err = s.authorized(r); err != nil {
		s.t.Error(err)
	}
	if got.plain, err = s.decrypt(body); err != nil {
		s.t.Error(err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/push/secret" || r.Header.Get("Content-Encoding") != "aes128gcm" {
		s.t.Errorf("%s %s, Content-Encoding %q", r.Method, r.URL.Path, r.Header.Get("Content-Encoding"))
	}
	s.mu.Lock()
	s.got = append(s.got, got)
	n, answer := len(s.got), s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(n, w, r)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// authorized checks a request's token (RFC 8292).
func (s *service) authorized(r *http.Request) (map[string]any, error) {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid ")
	if !ok {
		return nil, errors.New("the scheme is not vapid")
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[name] = value
	}
	if params["k"] != s.vapid {
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
	var claims map[string]any
	if err := token.Claims(public, &claims); err != nil {
		return nil, err
	}
	if claims["aud"] != s.URL {
		return nil, errors.New("the audience is not the origin of the endpoint")
	}
	return claims, nil
}

// decrypt decrypts a body of one record as its receiver does (RFC 8188 and 8291). The derivation
// is written out in HMACs, as the RFCs have it.
func (s *service) decrypt(body []byte) (string, error) {
	if len(body) < 86+17 || body[20] != 65 {
		return "", errors.New("the body has no header")
	}
	salt, sender, record := body[:16], body[21:86], body[86:]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return "", err
	}
	shared, err := s.private.ECDH(public)
	if err != nil {
		return "", err
	}
	info := append([]byte("WebPush: info\x00"), s.private.PublicKey().Bytes()...)
	ikm := mac(mac(s.auth, shared), append(append(info, sender...), 1))
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

// text returns a member of a notification that came.
func (r received) text(t *testing.T, name string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(r.plain), &members); err != nil {
		t.Fatalf("%q: %v", r.plain, err)
	}
	text, _ := members[name].(string)
	return text
}
