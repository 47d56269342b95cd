package index

import (
	"errors"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// view is the index as it was at one moment. All of it is in memory or mapped: no search waits
// until something is loaded.
type view struct {
	snapshot *scorch.IndexSnapshot
	parts    []part
}

// part is a segment as it was at one moment.
type part struct {
	snapshot *scorch.SegmentSnapshot
	columns  *columns
}

// Close gives a view back.
func (v *view) Close() error { return v.snapshot.Close() }

// acquire returns the present view, to be closed by the caller. There is none, and it returns
// nil, only before the index is open and once it is about to be closed.
func (x *Index) acquire() *view {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current != nil {
		x.current.snapshot.AddRef()
	}
	return x.current
}

var errReader = errors.New("the index's reader is not a reader of scorch")

// refresh makes a view of the index as it is now. It loads its new parts before any search sees it.
func (x *Index) refresh() error {
	reader, err := x.store.Reader()
	if err != nil {
		return fmt.Errorf("read the search index: %w", err)
	}
	snapshot, ok := reader.(*scorch.IndexSnapshot)
	if !ok {
		return errors.Join(errReader, reader.Close())
	}
	x.mu.Lock()
	before := x.current
	x.mu.Unlock()
	now, err := x.viewOf(snapshot, before)
	if err != nil {
		return errors.Join(fmt.Errorf("read the search index: %w", err), snapshot.Close())
	}
	x.mu.Lock()
	x.current = now
	x.mu.Unlock()
	if before != nil {
		return before.Close()
	}
	return nil
}

// viewOf returns a view of a snapshot. Segments that the view before had are not loaded again: a
// segment never changes, except that documents of it are deleted.
func (x *Index) viewOf(snapshot *scorch.IndexSnapshot, before *view) (*view, error) {
	loaded := map[uint64]*columns{}
	if before != nil {
		for _, p := range before.parts {
			loaded[p.snapshot.Id()] = p.columns
		}
	}
	v := &view{snapshot: snapshot}
	for _, s := range snapshot.Segments() {
		c := loaded[s.Id()]
		if c == nil {
			var err error
			if c, err = x.load(s); err != nil {
				return nil, err
			}
		}
		v.parts = append(v.parts, part{s, c})
	}
	return v, nil
}

// keepUpEvery is how often files of segments are looked for that merges have replaced. Each time
// that there are any costs the disk some flushes, so an index that is being built looks less often.
const keepUpEvery = time.Second

// keepUp renews the view after merges, and has Bleve remove the files that they have replaced,
// until the index is closed. Bleve removes them when it writes, and a view holds them.
func (x *Index) keepUp() {
	ticker, tidied := time.NewTicker(keepUpEvery), time.Now()
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if x.pace.isBuilding() && time.Since(tidied) < buildingEvery {
				continue
			}
			tidied = time.Now()
			_ = guard(x.tidy) // damage shows itself to callers that search or apply
		case <-x.stop:
			return
		}
	}
}

func (x *Index) tidy() error {
	old, err := x.unused()
	if err != nil || len(old) == 0 {
		return err
	}
	return x.touch()
}
