package removal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"natterjack/jetstream/duty"
	"natterjack/jetstream/queue"
	"natterjack/server/wire"
)

var errTest = errors.New("as the test wants it")

// chat is a log in which events have dropped files. It is also storage.
type chat struct {
	dropped map[uint64][]string // by pos
	has     map[string]bool
	since   map[string]time.Time // when files were withdrawn
	removed []string
	levels  int
	fails   int // how often the next calls fail
}

func (c *chat) fail() error {
	if c.fails > 0 {
		c.fails--
		return errTest
	}
	return nil
}

func (c *chat) Dropped(_ int, pos uint64, after string, limit int) (media []string, err error) {
	for _, id := range c.dropped[pos] {
		if id > after && len(media) < limit {
			media = append(media, id)
		}
	}
	return media, c.fail()
}

func (c *chat) DroppedDone(shard int, upto uint64) error {
	for pos := range c.dropped {
		if pos <= upto && shard == 0 {
			delete(c.dropped, pos)
		}
	}
	return c.fail()
}

func (c *chat) Referenced(media string) (bool, error) { return c.has[media], c.fail() }
func (c *chat) AwaitLevel(context.Context) error      { c.levels++; return c.fail() }
func (c *chat) Shards() int                           { return 2 }
func (c *chat) Duty(duty.Config) *duty.Duty           { return nil }
func (c *chat) Queue(queue.Config) *queue.Queue       { return nil }

func (c *chat) Withdraw(_ context.Context, media string) (time.Time, error) {
	return c.since[media], c.fail()
}

func (c *chat) Remove(_ context.Context, media string) error {
	if err := c.fail(); err != nil {
		return err
	}
	c.removed = append(c.removed, media)
	return nil
}

// list takes jobs for a chat. Puts come from many goroutines.
type list struct{ put chan queue.Job }

func (l *list) Put(_ context.Context, j queue.Job) error { l.put <- j; return nil }

// ids returns some ids of files, ascending.
func ids(n int) (media []string) {
	for i := range n {
		media = append(media, strings.Repeat("a", 22)+fmt.Sprintf("%c%c%c%c", 'a'+i/17576%26, 'a'+i/676%26, 'a'+i/26%26, 'a'+i%26))
	}
	return media
}

// TestDecide puts all files that an event has dropped into jobs, each once. Their time is a minute
// away.
func TestDecide(t *testing.T) {
	c := &chat{dropped: map[uint64][]string{7: ids(1000), 9: ids(1)}}
	l := &list{put: make(chan queue.Job, 100)}
	d := &decider{log: c, jobs: l}
	events := []wire.Event{{Shard: 1, Pos: 6, Channel: "c"}, {Shard: 1, Pos: 7, Channel: "c"}, {Shard: 1, Pos: 9, Channel: "d"}}
	began := time.Now()
	if err := d.Do(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	close(l.put)
	r := &remover{log: c, files: c, logger: slog.New(slog.DiscardHandler)}
	names := map[string]bool{}
	for j := range l.put {
		if names[j.ID] || j.Target != target || j.NotBefore.Before(began.Add(wait)) || len(j.Body) > 4096 {
			t.Errorf("job %s is not before %v, with %d bytes", j.ID, j.NotBefore, len(j.Body))
		}
		names[j.ID] = true
		if err := r.Do(t.Context(), &j); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(c.removed)
	if want := append(ids(1), ids(1000)...); !slices.Equal(c.removed, want) {
		t.Errorf("%d files were removed, want %d", len(c.removed), len(want))
	}
	c.fails = 1
	if err := d.Do(t.Context(), events[:1]); !errors.Is(err, errTest) {
		t.Errorf("a view that fails: %v", err)
	}
}

// TestRemove leaves files that a message has, tries failed removals again, and refuses a body that
// is no job.
func TestRemove(t *testing.T) {
	all := ids(3)
	c := &chat{has: map[string]bool{all[1]: true}}
	r := &remover{log: c, files: c, logger: slog.New(slog.DiscardHandler)}
	body := fmt.Sprintf(`{"media":["%s"]}`, strings.Join(all, `","`))
	job := &queue.Job{Body: []byte(body), NotBefore: time.Now().Add(-time.Second)}
	for c.fails = 1; c.fails < 5; {
		fails := c.fails
		if err := r.Do(t.Context(), job); err == nil {
			t.Errorf("%d failures are none", fails)
		}
		c.fails = fails + 1
	}
	c.fails, c.removed, c.levels = 0, nil, 0
	for range 2 {
		if err := r.Do(t.Context(), job); err != nil {
			t.Error(err)
		}
	}
	if want := []string{all[0], all[2], all[0], all[2]}; !slices.Equal(c.removed, want) {
		t.Errorf("removed %v, want %v", c.removed, want)
	}
	if c.levels != 2 {
		t.Errorf("two tries waited for the view %d times", c.levels)
	}
	c.since, c.removed = map[string]time.Time{all[0]: time.Now().Add(-wait + time.Second), all[1]: time.Now()}, nil
	if err := r.Do(t.Context(), job); err == nil || !slices.Equal(c.removed, all[2:]) {
		t.Errorf("removed %v, and is done: %v", c.removed, err)
	}
	c.since[all[0]] = time.Now().Add(-wait)
	if err := r.Do(t.Context(), job); err != nil || !slices.Equal(c.removed, []string{all[2], all[0], all[2]}) {
		t.Errorf("removed %v, %v", c.removed, err)
	}
	for _, forged := range []string{"", "{}x", `{"media":["../up/x"]}`, `{"media":["a"]}`} {
		if err := r.Do(t.Context(), &queue.Job{Body: []byte(forged)}); !errors.Is(err, errContent) {
			t.Errorf("%s: %v", forged, err)
		}
	}
}
