package view

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// logger passes Pebble's log lines to slog.
type logger struct{ log *slog.Logger }

var _ pebble.Logger = logger{}

// Infof implements [pebble.Logger].
func (l logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pebble says", "text", fmt.Sprintf(format, args...))
	}
}

// Errorf implements [pebble.Logger].
func (l logger) Errorf(format string, args ...any) {
	l.log.Error("pebble failed at something", "text", fmt.Sprintf(format, args...))
}

// Fatalf implements [pebble.Logger]. It panics, because Pebble relies on Fatalf not returning.
func (l logger) Fatalf(format string, args ...any) {
	panic("view: pebble: " + fmt.Sprintf(format, args...))
}

// listener returns a listener that logs Pebble's background errors and write stalls, and calls
// corrupt when Pebble finds damaged data.
func listener(log *slog.Logger, corrupt func(error)) *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { log.Error("pebble failed in the background", "error", err) },
		DataCorruption:  func(info pebble.DataCorruptionInfo) { corrupt(info.Details) },
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) { log.Warn("writing stalls", "reason", info.Reason) },
		WriteStallEnd:   func() { log.Warn("writing goes on") },
	}
}
