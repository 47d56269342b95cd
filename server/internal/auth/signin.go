package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/rate"
	"natterjack/server/wire"
)

// SignInTTL is the lifetime of a token from [SignIn]: a working day, so that it does not expire
// in the middle of one.
const SignInTTL = 12 * time.Hour

// maxSignIn bounds the body of a request.
const maxSignIn = 1 << 10

// Wrong secrets, and requests that are refused unread, are logged up to a rate. Beyond it a wrong
// secret is answered later, and costs its sender the connection. The gate bounds how many of those
// there are at an address, so this bounds how many secrets an address can try.
const (
	wrongPerS = 2
	heldFor   = time.Second
	maxHeld   = 256 // a connection of HTTP/2 can carry many; beyond this only the connection is taken
)

// SignIn serves POST /v1/signin for development. A client that has the secret gets a token for
// any user it names. Nothing about the connection takes the place of the secret: a proxy in
// front makes requests from anywhere look local.
//
// It is mounted only while every listener is on loopback, and it refuses more: peers on other
// machines, host names other than this machine's (DNS rebinding), pages of other sites (by fetch
// metadata, origin and content type), and requests that a proxy has marked.
type SignIn struct {
	keys   *Keys
	secret [sha256.Size]byte // its hash, so that a comparison takes the same time for any length
	logger *slog.Logger
	cross  *http.CrossOriginProtection

	held chan struct{}

	mu    sync.Mutex // protects following
	wrong rate.Bucket
}

// NewSignIn makes the handler and logs that it exists. File is where the secret is stored.
func NewSignIn(keys *Keys, secret, file string, logger *slog.Logger) *SignIn {
	s := &SignIn{
		keys: keys, secret: sha256.Sum256([]byte(secret)), logger: logger.With("component", "auth"),
		cross: http.NewCrossOriginProtection(), held: make(chan struct{}, maxHeld),
	}
	s.logger.Warn("development sign-in is on: a client with the secret can sign in as any user", "secret", file)
	return s
}

// NoSignIn answers the path of [SignIn] on a node that has no development sign-in.
func NoSignIn(w http.ResponseWriter, _ *http.Request) {
	answerError(w, http.StatusNotFound, wire.Errorf(wire.CodeForbidden,
		"development sign-in is off here; use a token of the provider or the key that this server trusts"))
}

// ServeHTTP implements [http.Handler].
func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, err := s.admit(r); err != nil {
		if s.refusal() == 0 {
			s.logger.WarnContext(r.Context(), "development sign-in refused", "reason", err.Message, "remote", r.RemoteAddr)
		}
		answerError(w, status, err)
		return
	}
	var body struct {
		User   string `json:"user"`
		Secret string `json:"secret"`
	}
	err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxSignIn), &body, json.RejectUnknownMembers(true))
	if err != nil {
		answerError(w, http.StatusBadRequest, wire.Errorf(wire.CodeMalformed, `the body must be {"user":"…","secret":"…"} and nothing else`))
		return
	}
	if status, err := s.check(r, body.Secret); err != nil {
		if status == http.StatusTooManyRequests {
			w.Header().Set("Connection", "close")
			s.hold(r)
		}
		answerError(w, status, err)
		return
	}
	if !wire.ValidUser(body.User) {
		answerError(w, http.StatusBadRequest, wire.Errorf(wire.CodeInvalid, "user: a user name has 1 to %d characters of a-z, 0-9, '_' and '-'", wire.MaxUserLen))
		return
	}
	token, expires, err := s.keys.Mint(body.User, SignInTTL)
	if err != nil {
		s.logger.ErrorContext(r.Context(), "development sign-in failed", "error", err)
		answerError(w, http.StatusInternalServerError, wire.AsError(err, 0))
		return
	}
	s.logger.InfoContext(r.Context(), "development sign-in", "user", body.User, "remote", r.RemoteAddr)
	answer(w, http.StatusOK, signedIn{Token: token, Expires: expires.UnixMilli()})
}

// check returns an error if a secret is wrong. The right secret is let in however many wrong ones
// come. Otherwise a sender of wrong secrets would keep everybody out. A secret of 130 random bits
// is not found by trying, at any rate: a million tries a second for a year find it with a
// probability of 2 to the power of -85. So the rate of wrong ones protects the log and the CPU.
func (s *SignIn) check(r *http.Request, secret string) (status int, err *wire.Error) {
	sum := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(sum[:], s.secret[:]) == 1 {
		return 0, nil
	}
	if wait := s.refusal(); wait > 0 {
		return http.StatusTooManyRequests, wire.Errorf(wire.CodeTooFast, "development sign-in: too many wrong secrets were sent; try again later").After(wait)
	}
	s.logger.WarnContext(r.Context(), "development sign-in refused", "reason", "wrong secret", "remote", r.RemoteAddr)
	return http.StatusForbidden, wire.Errorf(wire.CodeForbidden, "secret: is missing or wrong; open the link that the server "+
		"printed when it started, or take the secret from the file secrets/sign-in in its data directory")
}

// refusal counts a refusal. It returns how long until there may be another, or 0 if this one is
// not too soon.
func (s *SignIn) refusal() (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong.Take(time.Now(), 1, wrongPerS)
}

// hold waits before an answer, unless many wait already.
func (s *SignIn) hold(r *http.Request) {
	select {
	case s.held <- struct{}{}:
	default:
		return
	}
	defer func() { <-s.held }()
	timer := time.NewTimer(heldFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

type signedIn struct {
	Token   string `json:"token"`
	Expires int64  `json:"expires"` // Unix milliseconds
}

// admit returns an error if a request is not allowed, before its body is read.
func (s *SignIn) admit(r *http.Request) (status int, err *wire.Error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, wire.Errorf(wire.CodeInvalid, "development sign-in: use POST")
	case !localPeer(r.RemoteAddr):
		return http.StatusForbidden, refused("is only for this machine")
	case !loopbackHost(r.Host):
		return http.StatusForbidden, refused("must be asked for by the name localhost or a loopback address")
	case proxied(r.Header):
		return http.StatusForbidden, refused("is not served through a proxy")
	case s.cross.Check(r) != nil:
		return http.StatusForbidden, refused("is not for pages of other sites")
	case media != "application/json":
		return http.StatusUnsupportedMediaType, wire.Errorf(wire.CodeInvalid, "development sign-in: content type must be application/json")
	}
	return 0, nil
}

// localPeer reports whether a peer is on this machine. A peer without an IP address, such as a
// pipe or a Unix socket, is.
func localPeer(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip := net.ParseIP(host)
	return ip == nil || ip.IsLoopback()
}

func proxied(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

func refused(why string) *wire.Error {
	return wire.Errorf(wire.CodeForbidden, "development sign-in %s", why)
}

func answerError(w http.ResponseWriter, status int, e *wire.Error) {
	frame, err := wire.Append(nil, e)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	write(w, status, frame)
}

func answer(w http.ResponseWriter, status int, body signedIn) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	write(w, status, data)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}
