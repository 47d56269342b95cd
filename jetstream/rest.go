package jetstream

import (
	"context"
	"errors"
	"time"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/view"
)

const (
	restFor = 250 * time.Millisecond // before a follower starts again
	lookFor = time.Second            // between two looks at a disk that is full
)

// rest waits before a follower starts again. It waits a moment, and after a full disk until
// there is room or ctx ends. Each start creates a consumer, and all servers of a cluster have
// to agree on that.
func rest(ctx context.Context, after error, room func() error) {
	if pause.For(ctx, restFor) != nil || !errors.Is(after, view.ErrDiskFull) {
		return
	}
	for room() != nil && pause.For(ctx, lookFor) == nil {
	}
}
