package jetstream

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"natterjack/embed/embedtest"
)

// TestDerive_together shows that nodes which make a log at the same moment derive the same from its
// secret key, and that the key lasts.
func TestDerive_together(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	logs, errs := make([]*Log, len(nodes)), make([]error, len(nodes))
	var starting sync.WaitGroup
	for i, node := range nodes {
		dir := t.TempDir()
		starting.Go(func() {
			logs[i], errs[i] = New(t.Context(), Config{
				Conn: node.Conn, Engine: node, ViewDir: dir, Replicas: 3, Limits: hurried(), Logger: slog.New(slog.DiscardHandler),
			})
		})
	}
	starting.Wait()
	for i, l := range logs {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		run(t, l)
	}
	for _, l := range logs {
		<-l.Ready()
		if !l.Keyed() || !bytes.Equal(l.Derive("label"), logs[0].Derive("label")) || bytes.Equal(l.Derive("label"), l.Derive("another")) {
			t.Error("a node derives something else")
		}
	}
}
