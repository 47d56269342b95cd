package chaos_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
	"time"
)

// pointsFile names every point of the write path at which the server can be built to kill itself.
const pointsFile = "../../jetstream/internal/crashpoint/crashpoint.go"

// points are those of the file itself: a new one cannot be missed.
func points(t *testing.T) (all []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), pointsFile, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "Point" {
			return true
		}
		for _, v := range spec.Values {
			name, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, name)
		}
		return true
	})
	if len(all) < 9 {
		t.Fatalf("only the points %v are left in %s", all, pointsFile)
	}
	return all
}

// TestPoints has a node kill itself at every named point of the write path, each time in the middle of people's talk. The short run
// draws three of the points.
func TestPoints(t *testing.T) {
	st := newStage(t, crashable, sometimes(people(), scale{devices: 16, directs: 5, rate: 30, groups: []int{8, 5, 3, 3}}))
	all := points(t)
	st.plan.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, point := range all[:sometimes(len(all), 3)] {
		victim := st.cluster.nodes[st.plan.IntN(3)]
		times := 1 + st.plan.IntN(10)
		victim.kill()
		began := time.Now()
		life := victim.begin(fmt.Sprintf("NATTERJACK_CRASH=%s:%d", point, times))
		life.doomed.Store(true)
		if err := st.awaitPoint(t.Context(), victim); err != nil {
			t.Errorf("point %s, pass %d, did not kill: %v", point, times, err)
			victim.kill()
		}
		t.Logf("%s: %s killed itself at pass %d, %v after its start", point, victim.name, times, time.Since(began).Round(time.Millisecond))
		victim.start()
		st.cluster.awaitWhole(t.Context())
	}
	st.finish()
}

// awaitPoint makes the node a leader of some shards, as most points are on the leader's way, and waits until it has
// killed itself.
func (st *stage) awaitPoint(ctx context.Context, victim *node) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	some := st.plan.Perm(shards)[:3]
	select {
	case <-victim.life.ready:
		st.cluster.lead(ctx, victim, some)
	case <-victim.life.done:
	case <-ctx.Done():
	}
	return victim.awaitSuicide(ctx)
}
