package media

import (
	"context"
	"fmt"
	"testing"

	"natterjack/jetstream/uploads"
)

// TestIntake_users lets no user keep the others waiting.
func TestIntake_users(t *testing.T) {
	in := newIntake(&taker{})
	for in.small.TryAcquire(1) { // all jobs wait
	}
	ctx, stop := context.WithCancel(t.Context())
	in.ctx, in.closed = ctx, false
	for i := range maxUserJobs {
		if in.join(&uploads.Record{User: "alice", Media: fmt.Sprint("alice", i)}, spoken{}) == nil {
			t.Fatalf("job %d does not begin", i)
		}
	}
	if in.join(&uploads.Record{User: "alice", Media: "one more"}, spoken{}) != nil {
		t.Error("one user takes all")
	}
	if in.join(&uploads.Record{User: "alice", Media: "alice0"}, spoken{}) == nil {
		t.Error("work that goes on is not found")
	}
	if in.join(&uploads.Record{User: "bob", Media: "bob"}, spoken{}) == nil {
		t.Error("another user has to wait")
	}
	stop()
	in.wait.Wait()
	if len(in.users) > 0 {
		t.Errorf("users without jobs: %v", in.users)
	}
}
