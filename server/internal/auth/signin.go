package auth

import (
	"log/slog"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/server/wire"
)

// SignInTTL is the lifetime of a token from [SignIn]: a working day, so that it does not expire
// in the middle of one.
const SignInTTL = 12 * time.Hour

// maxSignIn bounds the body of a request.
const maxSignIn = 1 << 10

// SignIn serves POST /v1/signin for development. Any client gets a token for any user it names.
// It must be mounted only while every listener is on loopback. It also protects itself: it
// refuses peers on other machines, host names other than this machine's (DNS rebinding), pages
// of other sites (by fetch metadata, origin and content type), and requests that came through a
// proxy.
type SignIn struct {
	keys   *Keys
	logger *slog.Logger
	cross  *http.CrossOriginProtection
}

// NewSignIn makes the handler and logs a warning that it exists.
func NewSignIn(keys *Keys, logger *slog.Logger) *SignIn {
	s := &SignIn{keys: keys, logger: logger.With("component", "auth"), cross: http.NewCrossOriginProtection()}
	s.logger.Warn("development sign-in is on: anybody on this machine can sign in as anybody, without a password")
	return s
}

// ServeHTTP implements [http.Handler].
func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, err := s.admit(r); err != nil {
		s.logger.WarnContext(r.Context(), "development sign-in refused", "reason", err.Message, "remote", r.RemoteAddr)
		answerError(w, status, err)
		return
	}
	var body struct {
		User string `json:"user"`
	}
	err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxSignIn), &body, json.RejectUnknownMembers(true))
	if err != nil {
		answerError(w, http.StatusBadRequest, wire.Errorf(wire.CodeMalformed, `the body must be {"user":"…"} and nothing else`))
		return
	}
	if !wire.ValidUser(body.User) {
		answerError(w, http.StatusBadRequest, wire.Errorf(wire.CodeInvalid, "user: 1 to %d of a-z, 0-9, '_' and '-'", wire.MaxUserLen))
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

type signedIn struct {
	Token   string `json:"token"`
	Expires int64  `json:"expires"` // Unix milliseconds
}

// admit returns what is wrong with a request, before its body is read.
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
