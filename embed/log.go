package embed

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// logger passes the NATS server's log on to slog. The server formats its messages. They become
// the value of one key, because the rest of the log has static messages to search by. The
// server itself only logs a fatal message. logger keeps the first one, so that Start can return
// it.
type logger struct {
	to *slog.Logger

	mu    sync.Mutex // guards fatal
	fatal error
}

var _ server.Logger = (*logger)(nil)

// Noticef logs at Info, which includes elections and routes. The table that the server prints
// at its start is logged at Debug.
func (l *logger) Noticef(format string, args ...any) {
	if strings.HasPrefix(format, " ") || strings.HasPrefix(format, "---") {
		l.Debugf(format, args...)
		return
	}
	l.to.Info("server", detail(format, args))
}

// Warnf drops the server's warning about passwords that are not hashed. They come from the
// environment or from a secret file and are only in memory; our own come from a random source.
// Hashing would only make each connection more expensive.
func (l *logger) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, "Plaintext passwords") {
		return
	}
	l.to.Warn("server", detail(format, args))
}

func (l *logger) Errorf(format string, args ...any) { l.to.Error("server", detail(format, args)) }
func (l *logger) Debugf(format string, args ...any) { l.to.Debug("server", detail(format, args)) }

// Fatalf logs an error and keeps it. It does not end the process as NATS's own logger does,
// because a library must not.
func (l *logger) Fatalf(format string, args ...any) {
	d := detail(format, args)
	l.to.Error("server failed", d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		l.fatal = fmt.Errorf("nats server: %s", d.Value)
	}
}

// Tracef logs every protocol line, payloads included, if the configuration has trace set.
func (l *logger) Tracef(format string, args ...any) { l.to.Debug("server trace", detail(format, args)) }

// failed returns the first fatal message, or nil.
func (l *logger) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func detail(format string, args []any) slog.Attr {
	return slog.String("detail", strings.TrimSpace(fmt.Sprintf(format, args...)))
}
