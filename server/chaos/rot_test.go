package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natterjack/internal/nodetest"
)

// TestRot flips a bit in each stream of a node, in messages that the node's view has not read
// yet. The node starts again and reads them, and after that it leads all shards. No user misses
// an event or is shown a wrong one, and all nodes answer the same.
func TestRot(t *testing.T) {
	onlyInFull(t)
	st := newStage(t, shipped, people())
	for range 2 {
		st.rot(st.anyNode())
	}
	st.finish()
}

// rotten is the log line of a node that has read messages from another copy, because its own has
// lost them.
const rotten = "a copy of the stream is damaged"

// rot stops a node, flips bits in its copy of the log, and starts it again. The node's view is
// put back to an earlier time. Otherwise the node would have read those messages already.
func (st *stage) rot(victim *nodetest.Node) {
	st.t.Helper()
	view := filepath.Join(victim.Data(), "view")
	early := filepath.Join(st.t.TempDir(), "view")
	var before map[string]int64
	st.retire(victim, func(*nodetest.Node) {
		st.must(os.CopyFS(early, os.DirFS(view)))
		before = st.blocks(victim)
	})
	st.pause(st.between(3000, 5000))
	known := strings.Count(victim.Log(), rotten)
	st.retire(victim, func(*nodetest.Node) {
		st.must(errors.Join(os.RemoveAll(view), os.CopyFS(view, os.DirFS(early))))
		st.flip(before, st.blocks(victim))
	})
	st.cluster.eventually(st.t.Context(), func(context.Context) error {
		if strings.Count(victim.Log(), rotten) == known {
			return errors.New("it has not")
		}
		return nil
	}, "%s to notice that its copy is damaged", victim.Name)
	leading, cancel := context.WithTimeout(st.t.Context(), patience)
	defer cancel()
	st.cluster.lead(leading, victim, st.plan.Perm(shards))
	st.probes.await(st.t.Context(), time.Now(), st.cluster.nodes)
}

func (st *stage) must(err error) {
	st.t.Helper()
	if err != nil {
		st.t.Fatal(err)
	}
}

// blocks returns the sizes of the files in which a node has the messages of all shards.
func (st *stage) blocks(n *nodetest.Node) map[string]int64 {
	st.t.Helper()
	paths, err := filepath.Glob(filepath.Join(n.Data(), "jetstream", "CHAT", "streams", "CHAT_*", "msgs", "*.blk"))
	st.must(err)
	sizes := map[string]int64{}
	for _, path := range paths {
		info, err := os.Stat(path)
		st.must(err)
		sizes[path] = info.Size()
	}
	return sizes
}

// flip flips a bit in the text of a message in each file that has grown, somewhere in the middle of
// what was added.
func (st *stage) flip(before, now map[string]int64) {
	st.t.Helper()
	flipped := 0
	for path, size := range now {
		data, err := os.ReadFile(path)
		st.must(err)
		from, to := (3*before[path]+size)/4, (before[path]+3*size)/4
		if to-from < 1000 {
			continue
		}
		at := bytes.Index(data[from:to], []byte(`"timestamp"`))
		if at < 0 {
			continue
		}
		data[int(from)+at+st.plan.IntN(len(`"timestamp"`))] ^= 1 << st.plan.IntN(8)
		st.must(os.WriteFile(path, data, 0o600))
		flipped++
	}
	if flipped == 0 {
		st.t.Fatal("nothing was written to the streams")
	}
	st.t.Logf("a bit was flipped in each of %d streams", flipped)
}
