package gate

import (
	"bytes"
	"io"
	"log"
	"log/slog"
)

// ErrorLog returns a logger for [http.Server.ErrorLog]. It counts failed TLS handshakes for the
// report of the gate, because anybody may fail as many as they like. It logs everything else,
// such as panics of handlers.
func (g *Gate) ErrorLog(to *slog.Logger) *log.Logger {
	return log.New(&handshakes{g, slog.NewLogLogger(to.Handler(), slog.LevelWarn).Writer()}, "", 0)
}

type handshakes struct {
	gate *Gate
	to   io.Writer
}

// Write implements [io.Writer].
func (h *handshakes) Write(line []byte) (int, error) {
	if !bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		return h.to.Write(line)
	}
	h.gate.mu.Lock()
	h.gate.tally.handshakes++
	h.gate.mu.Unlock()
	return len(line), nil
}
