package receipts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"natterjack/jetstream/internal/pause"
	"natterjack/jetstream/internal/wake"
)

// checker moves cursors back that are ahead of the log. A log that was restored from a backup
// may have lost its end. Without the check, a user who had read that end would count as having
// read the new messages with the same seqs.
//
// It checks all cursors once, after the view started to read the stream from its first record.
// A view that turns out to be ahead of its log is rebuilt.
type checker struct {
	shard  int
	cfg    *Config
	stream stream
	log    *slog.Logger
	due    chan struct{} // a token if there is something to check
}

// checkAgain is the time between two tries.
const checkAgain = time.Second

func (c *checker) run(ctx context.Context) {
	for {
		select {
		case <-c.due:
		case <-ctx.Done():
			return
		}
		if err := c.check(ctx); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "receipts ahead of the log could not be moved back yet, and are tried again", "shard", c.shard, "error", err)
			if pause.For(ctx, checkAgain) != nil {
				return
			}
			wake.Up(c.due)
		}
	}
}

// check moves back every cursor that is ahead of its channel's last message, if the cursor's record
// was stored before the log was asked where it ends. The message that such a record names was in
// the log once, and is missing from it at the time of the check.
func (c *checker) check(ctx context.Context) error {
	check := c.cfg.View.ReceiptsToCheck(c.shard)
	if check.Record == 0 {
		return nil
	}
	if err := c.cfg.Await(ctx, c.shard, check.Pos); err != nil {
		return fmt.Errorf("wait for the log: %w", err)
	}
	back := 0
	for from, more := []byte(nil), true; more; more = from != nil {
		ahead, next, err := c.cfg.View.ReceiptsAhead(c.shard, check, from, maxRecord)
		if err != nil {
			return err
		}
		from = next
		writes := make([]write, len(ahead))
		for i, a := range ahead {
			writes[i] = write{key{a.Channel, a.User}, Mark{min(a.Read, a.Head), min(a.Delivered, a.Head)}, a.At}
		}
		if len(writes) == 0 {
			continue
		}
		if _, err := c.stream.put(ctx, writes); err != nil {
			return fmt.Errorf("move receipts back: %w", err)
		}
		back += len(writes)
	}
	if back > 0 {
		c.log.ErrorContext(ctx, "receipts were ahead of the log, which has lost its end; they were moved back to the new end", "shard", c.shard, "cursors", back)
	}
	return c.cfg.View.ReceiptsChecked(c.shard, check)
}
