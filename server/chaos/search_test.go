package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/internal/nodetest"
)

// TestSearchCrash kills the server twenty times while it indexes: at the points of the feed, and at
// any time. Meanwhile messages are sent, edited and deleted. At the end each message is found once,
// as it is now, and a fresh index gives the same answers.
func TestSearchCrash(t *testing.T) {
	beside(t)
	plan := newPlan(t)
	ctx, cancel := context.WithTimeout(t.Context(), sometimes(10*time.Minute, 4*time.Minute))
	defer cancel()
	path, err := crashable()
	if err != nil {
		t.Fatal(err)
	}
	node := nodetest.New(t, path, nodetest.Options{Size: 1, Plan: plan, Limits: limits, Shards: shards})[0]
	node.Start()
	alice := uploader(t, node)
	says := map[uint64]string{} // of each message that is left
	kills := sometimes(20, 6)
	for n := range kills {
		node.Kill()
		point := []string{"feed_taken", "feed_applied", ""}[n%3]
		if point == "" {
			node.Start()
		} else {
			node.Start("NATTERJACK_CRASH=" + point + ":1")
		}
		var writing sync.WaitGroup
		writing.Go(func() { err = write(ctx, alice, n, says) })
		if point == "" {
			<-time.After(time.Duration(50+plan.IntN(400)) * time.Millisecond)
			node.Kill()
		} else {
			if e := node.AwaitSuicide(ctx); e != nil {
				t.Fatalf("%s: %v", point, e)
			}
			node.Life.Doom()
		}
		node.Start()
		if writing.Wait(); err != nil {
			t.Fatalf("life %d: %v", n, err)
		}
	}
	killed := searchAnswers(ctx, t, alice, says)
	if err := os.WriteFile(filepath.Join(node.Data(), "search", "rebuild"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := filepath.Glob(filepath.Join(node.Data(), "search", "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "a fresh index", func() bool {
		now, err := filepath.Glob(filepath.Join(node.Data(), "search", "[0-9]*"))
		return err == nil && len(now) == 1 && now[0] != before[len(before)-1]
	})
	if fresh := searchAnswers(ctx, t, alice, says); !slices.Equal(killed, fresh) {
		t.Errorf("the index that was killed answers\n%v\nand a fresh one\n%v", killed, fresh)
	}
	t.Logf("killed %d times, %d messages are left", kills, len(says))
}

// TestSearch_anyNode finds the same on each of three nodes, also on one that has lost its index,
// and on one whose process died.
func TestSearch_anyNode(t *testing.T) {
	beside(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	c := newCluster(t, 3, newPlan(t), sometimes(shipped, crashable))
	says := map[uint64]string{}
	if err := write(ctx, clientAt(t, c.nodes[0], "alice"), 0, says); err != nil {
		t.Fatal(err)
	}
	var bobs []*natter.Client
	for _, n := range c.nodes {
		bobs = append(bobs, clientAt(t, n, "bob"))
	}
	want := searchAnswers(ctx, t, bobs[0], says)
	for i, bob := range bobs[1:] {
		if got := searchAnswers(ctx, t, bob, says); !slices.Equal(got, want) {
			t.Errorf("%s answers %v, want %v", c.nodes[i+1].Name, got, want)
		}
	}
	last := c.nodes[2]
	last.Kill()
	if err := os.RemoveAll(filepath.Join(last.Data(), "search")); err != nil {
		t.Fatal(err)
	}
	if err := write(ctx, clientAt(t, c.nodes[1], "alice"), 1, says); err != nil {
		t.Fatal(err)
	}
	last.Start()
	want = searchAnswers(ctx, t, bobs[1], says)
	if got := searchAnswers(ctx, t, bobs[2], says); !slices.Equal(got, want) {
		t.Errorf("%s, which has lost its index, answers %v, want %v", last.Name, got, want)
	}
}

// write sends messages, edits every third and deletes every fifth of them.
func write(ctx context.Context, c *natter.Client, life int, says map[uint64]string) error {
	for n := range 15 {
		text := fmt.Sprintf("pond w%dn%d 池", life, n)
		ack, err := c.Send(ctx, "alice~bob", text)
		if err != nil {
			return err
		}
		says[ack.Seq] = text
		switch {
		case n%5 == 4:
			if _, err := c.Delete(ctx, "alice~bob", ack.Seq); err != nil {
				return err
			}
			delete(says, ack.Seq)
		case n%3 == 2:
			text = strings.Replace(text, "w", "edited", 1)
			if _, err := c.Edit(ctx, "alice~bob", ack.Seq, natter.Content{Text: text}); err != nil {
				return err
			}
			says[ack.Seq] = text
		}
	}
	return nil
}

// searchAnswers waits until a search finds exactly the messages that are left, each once and as it
// is now, and each of them alone by its own word. It returns the messages that were found, in
// order.
func searchAnswers(ctx context.Context, t *testing.T, c *natter.Client, says map[uint64]string) (found []string) {
	t.Helper()
	want := map[string]bool{}
	for seq, text := range says {
		want[fmt.Sprint(seq, " ", text)] = true
	}
	got := map[string]bool{}
	await(ctx, t, "the index", func() bool {
		found, got = nil, map[string]bool{}
		for h, err := range c.AllHits(ctx, natter.Query{Text: "pond 池"}) {
			if err != nil {
				return false
			}
			found = append(found, fmt.Sprint(h.Seq, " ", h.Content.Text))
			got[found[len(found)-1]] = true
		}
		return maps.Equal(want, got)
	})
	if len(found) != len(got) || len(got) != len(want) {
		t.Errorf("%d hits, %d of them different, want %d", len(found), len(got), len(want))
	}
	for seq, text := range says {
		word := strings.Fields(text)[1]
		page, err := c.Search(ctx, natter.Query{Text: `"` + word + `"`})
		if err != nil || len(page.Hits) != 1 || page.Hits[0].Seq != seq {
			t.Errorf("%s: %+v, %v, want message %d", word, page.Hits, err, seq)
		}
	}
	return found
}

func await(ctx context.Context, t *testing.T, what string, done func() bool) {
	t.Helper()
	for !done() {
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			t.Fatalf("gave up waiting for %s: %v", what, errors.Join(err, context.Cause(ctx)))
		}
	}
}
