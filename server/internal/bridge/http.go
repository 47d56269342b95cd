package bridge

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// exchange is one request of an HTTP transport. It holds no state beyond the request: the user
// and the resume position come with each request.
type exchange struct {
	bridge *Bridge
	w      http.ResponseWriter
	rc     *http.ResponseController
	r      *http.Request
	id     string
}

// httpHandler serves an exchange. If it returns an error, the error is answered with its
// [status]; the handler must not have written anything then.
type httpHandler func(x *exchange) error

// overHTTP wraps a handler with the steps that all HTTP transports have in common.
func (b *Bridge) overHTTP(serve httpHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b.origins.share(w.Header(), r)
		if !b.origins.allow(r) {
			b.answer(w, foreign())
			return
		}
		if err := b.hub.enter(&b.wg); err != nil {
			b.answer(w, b.fault("", r.URL.Path, err, 0))
			return
		}
		defer b.hub.leave(&b.wg)
		x := &exchange{bridge: b, w: w, rc: http.NewResponseController(w), r: r, id: newID()}
		defer x.rescue()
		if err := serve(x); err != nil {
			b.answer(w, b.fault(x.id, r.URL.Path, err, 0))
			return
		}
		limit(x.rc) // bytes that net/http still writes
	}
}

// rescue logs a panic and makes net/http break the connection, because it is not known how much
// of an answer was written.
func (x *exchange) rescue() {
	p := recover()
	if p == nil {
		return
	}
	x.bridge.logger.LogAttrs(x.r.Context(), slog.LevelError, "request panicked", slog.String("session", x.id),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	panic(http.ErrAbortHandler)
}

func (b *Bridge) preflight(w http.ResponseWriter, r *http.Request) {
	b.origins.share(w.Header(), r)
	w.WriteHeader(http.StatusNoContent)
}

// answer writes the whole response to a failed request: an error frame, with the HTTP status of
// its code.
func (b *Bridge) answer(w http.ResponseWriter, e *wire.Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt((e.RetryAfter+999)/1000, 10))
	}
	if e.Code == wire.CodeUnauthorized || e.Code == wire.CodeExpired {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	limit(http.NewResponseController(w))
	w.WriteHeader(status(e.Code))
	_, _ = w.Write(b.encode(nil, "", e)) // a client that is gone does not need it
}

// status returns the HTTP status for an error code.
func status(c wire.Code) int {
	switch c {
	case wire.CodeUnauthorized, wire.CodeExpired:
		return http.StatusUnauthorized
	case wire.CodeForbidden:
		return http.StatusForbidden
	case wire.CodeConflict:
		return http.StatusConflict
	case wire.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case wire.CodeTooFast:
		return http.StatusTooManyRequests
	case wire.CodeUnavailable:
		return http.StatusServiceUnavailable
	case wire.CodeTimeout:
		return http.StatusGatewayTimeout
	case wire.CodeStorageFull:
		return http.StatusInsufficientStorage
	case wire.CodeInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// body reads the request. The limit of a frame and the time allowed for a connect frame apply.
func (x *exchange) body() ([]byte, error) {
	limit := x.bridge.limits.FrameBytes
	_ = x.rc.SetReadDeadline(time.Now().Add(wire.ConnectTimeout)) // if the server cannot, its own timeouts hold
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, int64(limit)))
	_ = x.rc.SetReadDeadline(time.Time{}) // net/http goes on reading, to notice when the client leaves
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, wire.Errorf(wire.CodeTooLarge, "the request is too large; at most %d bytes are allowed", limit)
	}
	if err != nil {
		return nil, wire.Errorf(wire.CodeMalformed, "the request was cut off; send it again")
	}
	return body, nil
}

// bearer returns the token of the Authorization header, or an empty string.
func (x *exchange) bearer() string {
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// bounded returns a context that ends with the request, with the bridge, or after d, whichever
// comes first.
func (x *exchange) bounded(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(x.r.Context(), d)
	stop := context.AfterFunc(x.bridge.work, cancel)
	return ctx, func() { stop(); cancel() }
}

// authenticate checks a token. Where the token comes from depends on the transport.
func (x *exchange) authenticate(token string) (identity, error) {
	ctx, cancel := x.bounded(authTimeout)
	defer cancel()
	if token != "" {
		x.bridge.checks(x.r.Context(), true)
		defer x.bridge.checks(x.r.Context(), false)
	}
	return x.bridge.authenticate(ctx, x.r.RemoteAddr, token)
}

// welcome returns the frame that opens a session, on any transport.
func (b *Bridge) welcome(c *wire.Connect, session string, who identity, start jetstream.Start) wire.Welcome {
	return wire.Welcome{
		Ref: c.Ref, Version: wire.Version, Session: session, User: who.user,
		Epoch: start.Epoch, Positions: start.Positions, Recovered: start.Recovered,
		Time: time.Now().UnixMilli(), Expires: who.expires.UnixMilli(), Limits: b.limits,
	}
}
