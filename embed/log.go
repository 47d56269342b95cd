package embed

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// logger passes the NATS server's log on to slog. The server formats its messages; they become the value of one key, for a
// static message is what the rest of the log can be searched by. It keeps the first fatal message, which the
// server itself only logs, for Start to return.
type logger struct {
	to *slog.Logger

	mu    sync.Mutex // guards fatal
	fatal error
}

var _ server.Logger = (*logger)(nil)

// Noticef keeps what happens at Info, elections and routes among it; the table that a start prints is for Debug.
func (l *logger) Noticef(format string, args ...any) {
	if strings.HasPrefix(format, " ") || strings.HasPrefix(format, "---") {
		l.Debugf(format, args...)
		return
	}
	l.to.Info("server", detail(format, args))
}

// Warnf leaves out what the server says about passwords that are not hashed: they come from the environment or from a
// secret file into memory, our own from a random source, and hashing would only make each connection dearer.
func (l *logger) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") {
		return
	}
	l.to.Warn("server", detail(format, args))
}

func (l *logger) Errorf(format string, args ...any) { l.to.Error("server", detail(format, args)) }
func (l *logger) Debugf(format string, args ...any) { l.to.Debug("server", detail(format, args)) }

// Fatalf does not end the process, as NATS's own logger does: a library has no business to.
func (l *logger) Fatalf(format string, args ...any) {
	d := detail(format, args)
	l.to.Error("server failed", d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		l.fatal = fmt.Errorf("nats server: %s", d.Value)
	}
}

// Tracef carries every protocol line, payloads included, where the configuration says trace.
func (l *logger) Tracef(format string, args ...any) { l.to.Debug("server trace", detail(format, args)) }

// failed is the first fatal message, or nil.
func (l *logger) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func detail(format string, args []any) slog.Attr {
	return slog.String("detail", strings.TrimSpace(fmt.Sprintf(format, args...)))
}
