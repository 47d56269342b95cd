package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	bleve "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// Stats are figures about an index.
type Stats struct {
	Messages uint64
	Bytes    uint64 // on disk
	Segments int
	Owed     uint64 // messages that were removed or reworded since the index was scrubbed
}

// Stats returns figures about the index.
func (x *Index) Stats() (stats Stats, err error) {
	err = x.use(func() error {
		v := x.acquire()
		defer closeInto(v, &err)
		stats.Segments = len(v.parts)
		stats.Owed = x.owed.Load()
		if stats.Messages, err = v.count(); err != nil {
			return err
		}
		stats.Bytes, err = bytesIn(x.dir)
		return err
	})
	return stats, err
}

// owedKey is the key of the number of messages that are owed. A process that is killed may leave a
// number that is too great.
var owedKey = []byte("owed")

// owed returns how many messages are in files although they were removed or reworded. If the
// index does not say, any that was replaced may have been.
func (v *view) owed() (n uint64) {
	if n, found := v.number(owedKey); found {
		return n
	}
	for _, p := range v.parts {
		n += p.removed()
	}
	return n
}

// removed returns how many documents of a segment were removed or replaced.
func (p *part) removed() uint64 {
	if deleted := p.snapshot.Deleted(); deleted != nil {
		return deleted.GetCardinality()
	}
	return 0
}

func bytesIn(dir string) (n uint64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreMissing(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		n += uint64(info.Size())
		return nil
	})
	return n, err
}

// ignoreMissing ignores that a file has gone: merges remove files.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Scrub rewrites the segments that hold messages which were removed or replaced. When it returns
// nil, all messages that were so when it was called are out of the files. Another call waits.
func (x *Index) Scrub(ctx context.Context) error {
	return x.use(func() error {
		x.scrub.Lock()
		defer x.scrub.Unlock()
		defer x.pace.hasten()()
		if err := ctx.Err(); err != nil {
			return err
		}
		owed := x.owed.Load()
		if err := x.rewriteSoiled(ctx); err != nil {
			return err
		}
		if err := x.waitUntilGone(ctx); err != nil {
			return err
		}
		return x.settle(owed)
	})
}

// settle notes that so many messages are owed no more.
func (x *Index) settle(owed uint64) error {
	x.write.Lock()
	x.owed.Add(-owed)
	x.write.Unlock()
	return x.touch()
}

// mostRewrites is how often Bleve is asked to rewrite the same segments. It does not rewrite
// segments that it is about to merge or to write.
const mostRewrites = 20

var errKept = errors.New("rewrite segments of the search index: some were not rewritten")

// rewriteSoiled rewrites the segments that hold removed messages now.
func (x *Index) rewriteSoiled(ctx context.Context) error {
	soiled, _, err := x.soiled(nil)
	for range mostRewrites {
		if err != nil || len(soiled) == 0 {
			return err
		}
		if err := x.forceMerge(ctx); err != nil {
			return err
		}
		if err := x.touch(); err != nil {
			return err
		}
		var alone bool
		soiled, alone, err = x.soiled(soiled)
		if alone && len(soiled) > 0 && err == nil {
			err = x.dropAnchor()
		}
	}
	return cmp.Or(err, errKept)
}

// soiled returns which segments hold removed messages, of some or of all. It reports whether the
// index has only one segment.
func (x *Index) soiled(of map[uint64]bool) (soiled map[uint64]bool, alone bool, err error) {
	v := x.acquire()
	defer closeInto(v, &err)
	soiled = map[uint64]bool{}
	for _, p := range v.parts {
		if p.removed() > 0 && (of == nil || of[p.snapshot.Id()]) {
			soiled[p.snapshot.Id()] = true
		}
	}
	return soiled, len(v.parts) == 1, nil
}

// anchorChannel is the channel of a document that is no message. No user's channel has this name.
const anchorChannel = "\x00"

var anchorHash = hashOf(anchorChannel)

// dropAnchor makes a further segment: Bleve rewrites none if there is only one. The segment holds a
// document without words, which stays. The one before it goes with the next segment that is
// rewritten.
func (x *Index) dropAnchor() error {
	x.write.Lock()
	defer x.write.Unlock()
	batch := bleve.NewBatch()
	batch.Update((&Message{Channel: anchorChannel}).document())
	if err := x.put(batch); err != nil {
		return err
	}
	return x.refresh()
}

// anchors returns how many documents of a segment are an anchor.
func (p *part) anchors() uint64 {
	if p.columns.anchor == nil {
		return 0
	}
	if deleted := p.snapshot.Deleted(); deleted != nil {
		return roaring.AndNot(p.columns.anchor, deleted).GetCardinality()
	}
	return p.columns.anchor.GetCardinality()
}

// rewrite returns a plan that merges each segment with itself, if that removes anything.
func rewrite() *mergeplan.MergePlanOptions {
	return &mergeplan.MergePlanOptions{
		MaxSegmentsPerTier: 1, MaxSegmentSize: mergeplan.MaxSegmentSizeLimit, MaxSegmentFileSize: 1 << 40,
		TierGrowth: 1, SegmentsPerMergeTask: 1, FloorSegmentSize: 1,
		CalcBudget: func(int64, int64, *mergeplan.MergePlanOptions) int { return 0 },
	}
}

// lookEvery is how often files are looked for that are about to be removed. Bleve removes them
// some time after it has written an index without them, and says nothing.
const lookEvery = 20 * time.Millisecond

func (x *Index) waitUntilGone(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var old []string
	for {
		if err := x.touch(); err != nil {
			return err
		}
		unused, err := x.unused()
		if err != nil {
			return err
		}
		if old == nil {
			old = unused
		}
		// A merge may have been about to add a file. Then the index has it by and by.
		old = slices.DeleteFunc(old, func(path string) bool { return !slices.Contains(unused, path) })
		if len(old) == 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// touch makes Bleve write the index, and then remove the files that it no longer needs.
func (x *Index) touch() error {
	x.write.Lock()
	defer x.write.Unlock()
	x.touches++
	batch := bleve.NewBatch()
	batch.SetInternal([]byte("touches"), fmt.Append(nil, x.touches))
	batch.SetInternal(owedKey, numberOf(x.owed.Load()))
	if err := x.putOnDisk(batch); err != nil {
		return err
	}
	return x.refresh()
}

// unused returns the files of segments that do not belong to the index any more, or not yet.
func (x *Index) unused() (paths []string, err error) {
	v := x.acquire()
	defer closeInto(v, &err)
	used := map[string]bool{}
	for _, p := range v.parts {
		if file, ok := p.snapshot.Segment().(segment.PersistedSegment); ok {
			used[file.Path()] = true
		}
	}
	all, err := written(x.dir)
	return slices.DeleteFunc(all, func(path string) bool { return used[path] }), err
}
