package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"natterjack/search/internal/leisure"
)

// Errors that a caller can do something about.
var (
	ErrClosed  = errors.New("the search index is closed")
	ErrDamaged = errors.New("the search index is damaged: rebuild it")
	ErrVersion = errors.New("the search index is of another version: rebuild it")
	ErrLog     = errors.New("the search index is of another log: rebuild it")
)

// Options are the options of an index.
type Options struct {
	Log string // the log that the index is of
	// Pace is how long changes may be in memory before they are written to disk, all together. A
	// process that dies loses them and their positions alike. If it is 0, Apply waits for the disk.
	Pace time.Duration
	// Building says that the index is not in use yet. It is written to disk only when much is in
	// memory, until [Index.Built].
	Building bool
	// Leisure divides the machine between users and the index. If it is nil, the index never rests.
	Leisure *leisure.Leisure
}

// Index is an index on disk. Its methods may be used by several goroutines, but Apply by only
// one at a time.
type Index struct {
	store *scorch.Scorch
	queue *bleve.AnalysisQueue
	dir   string

	write   sync.Mutex    // one batch at a time
	touches int           // guarded by write
	begun   bool          // something was ever written; guarded by write
	scrub   sync.Mutex    // one call at a time
	using   sync.RWMutex  // held for reading by all but Close
	closed  bool          // guarded by using
	owed    atomic.Uint64 // written under write
	mu      sync.Mutex
	current *view // guarded by mu
	stop    chan struct{}
	stopped sync.WaitGroup // of our own goroutines
	merging sync.WaitGroup // of the goroutines that wait for Bleve's
	fail    sync.Once
	failed  chan struct{} // closed when the index is of no use any more
	failure error         // why; written before failed is closed
	trouble chan error    // errors of Bleve's goroutines, for callers that wait for the disk
	pace    *pace
	leisure *leisure.Leisure // nil if the index never rests

	examined atomic.Int64 // when all files were last read because of an error
}

// Open opens the index in a directory, and makes a new, empty one if the directory is missing or
// empty. It checks the checksums of all files, which takes about a second a gigabyte. If the index
// cannot be used, it says why, and leaves it as it is. An error other than ErrDamaged, ErrVersion
// and ErrLog says nothing about the index: it may be opened later.
func Open(dir string, o Options) (*Index, error) {
	return openAs(dir, label{Layout: layout, Analysis: analysis, Log: o.Log}, o)
}

// OpenOld opens an index as Open does, even if its texts were analysed by another version of
// this program. It may be asked, and fed, while a new one is built.
func OpenOld(dir string, o Options) (*Index, error) {
	return openAs(dir, label{Layout: layout, Log: o.Log}, o)
}

func openAs(dir string, want label, o Options) (*Index, error) {
	made, err := want.claim(dir)
	if err != nil {
		return nil, err
	}
	if err := readable(filepath.Join(dir, storeDir)); err != nil {
		return nil, fmt.Errorf("open the search index in %s: %w", dir, err)
	}
	x, err := open(filepath.Join(dir, storeDir), o)
	if err != nil && !made && !passes(err) {
		return nil, fmt.Errorf("open the search index in %s: %w: %w", dir, ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the search index in %s: %w", dir, err)
	}
	return x, nil
}

// largestSegment is about how many messages a segment has at most. To merge larger ones would save
// hardly anything, and a merge needs room for the segments that it replaces.
const largestSegment = 1 << 20

// config returns the configuration of scorch.
func config(dir string, o Options) map[string]any {
	return map[string]any{
		"path": dir, "asyncErrorCallbackName": inBackground, "eventCallbackName": inBackground, "bolt_timeout": lockTimeout.String(),
		"unsafe_batch":           o.Pace > 0, // Bleve's word for not waiting for the disk
		"scorchMergePlanOptions": map[string]any{"MaxSegmentSize": largestSegment},
		"segmentConfig":          segmentConfig(o.Leisure),
	}
}

// lockTimeout is how long to wait for another process that has the index open. Such a process is
// ending; without a limit Bleve would wait for ever.
const lockTimeout = 2 * time.Second

var errOpen = errors.New("this process has it open already")

func open(dir string, o Options) (*Index, error) {
	before, err := written(dir)
	if err != nil {
		return nil, err
	}
	x := &Index{dir: dir, leisure: o.Leisure, stop: make(chan struct{}), failed: make(chan struct{}), trouble: make(chan error)}
	if _, isOpen := opened.LoadOrStore(dir, x); isOpen {
		return nil, errOpen
	}
	x.queue = bleve.NewAnalysisQueue(runtime.GOMAXPROCS(0))
	x.pace = newPace(o.Pace, o.Building, x.stop)
	if err := guard(func() error { return x.start(before, o) }); err != nil {
		x.abandon()
		return nil, err
	}
	x.owed.Store(x.current.owed())
	x.begun = !x.current.isNew()
	x.stopped.Go(x.keepUp)
	return x, nil
}

// start opens Bleve's index, and checks that it is as it was written.
func (x *Index) start(written []string, o Options) error {
	if err := opens(x.dir); err != nil {
		return err
	}
	made, err := scorch.NewScorch(scorch.Name, config(x.dir, o), x.queue)
	if err != nil {
		return err
	}
	x.store = made.(*scorch.Scorch) //nolint:forcetypeassert // NewScorch makes nothing else
	paces.Store(x.store, x.pace)
	if err := x.store.Open(); err != nil {
		return err
	}
	if err := x.refresh(); err != nil {
		return err
	}
	return x.current.verify(written, x.leisure)
}

// abandon closes the things that start has opened before it failed. After a panic within Bleve its
// root would stay locked. Bleve panics when something is closed that it has closed itself.
func (x *Index) abandon() {
	close(x.stop)
	if x.current != nil {
		_ = guard(x.current.Close) // the reason why it could not be opened counts
	}
	if x.store != nil {
		_ = guard(x.store.Close)
	}
	x.discard()
}

// Close closes the index when the calls under way have returned. All that was applied is on
// disk. A second call does nothing.
func (x *Index) Close() error {
	x.using.Lock()
	defer x.using.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	close(x.stop)
	x.stopped.Wait()
	var err error
	if !x.pace.isWritten() && x.failedWith() == nil {
		err = x.touch()
	}
	x.mu.Lock()
	if x.current != nil {
		err = errors.Join(err, x.current.Close())
	}
	x.current = nil
	x.mu.Unlock()
	err = errors.Join(err, x.store.Close())
	x.merging.Wait()
	x.discard()
	return err
}

func (x *Index) discard() {
	opened.CompareAndDelete(x.dir, x)
	paces.Delete(x.store)
	x.queue.Close()
}

// use calls do unless the index is closed. Bleve may panic because a file is damaged, or because of
// a bug: the checksums tell which.
func (x *Index) use(do func() error) error {
	x.using.RLock()
	defer x.using.RUnlock()
	if x.closed {
		return ErrClosed
	}
	if err := x.failedWith(); err != nil {
		return err
	}
	return x.examine(guard(do))
}

var errPanic = errors.New("panic in the search index")

func guard(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack())
		}
	}()
	return do()
}

func positionKey(shard string) []byte { return []byte("position/" + shard) }

// Position returns how far a shard was applied, or 0.
func (x *Index) Position(shard string) (pos uint64, err error) {
	err = x.use(func() error {
		v := x.acquire()
		defer closeInto(v, &err)
		pos = v.position(shard)
		return nil
	})
	return pos, err
}

func storedKey(shard string) []byte { return []byte("stored/" + shard) }

// Stored returns when the log stored the event at the position of a shard, in Unix nanoseconds, or
// 0 if that is not known.
func (x *Index) Stored(shard string) (at int64, err error) {
	err = x.use(func() error {
		v := x.acquire()
		defer closeInto(v, &err)
		n, _ := v.number(storedKey(shard))
		at = int64(n)
		return nil
	})
	return at, err
}

func (v *view) position(shard string) uint64 {
	pos, _ := v.number(positionKey(shard))
	return pos
}

// number returns a number that the index stores beside the messages, if it has it.
func (v *view) number(key []byte) (n uint64, found bool) {
	value := v.snapshot.Internal()[string(key)]
	if len(value) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(value), true
}

func numberOf(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Count returns the number of messages.
func (x *Index) Count() (n uint64, err error) {
	err = x.use(func() error {
		n, err = x.count()
		return err
	})
	return n, err
}

func (x *Index) count() (n uint64, err error) {
	v := x.acquire()
	defer closeInto(v, &err)
	return v.count()
}

// count returns the number of messages.
func (v *view) count() (uint64, error) {
	n, err := v.snapshot.DocCount()
	for _, p := range v.parts {
		n -= p.anchors()
	}
	return n, err
}

func closeInto(c interface{ Close() error }, err *error) {
	if closed := c.Close(); *err == nil {
		*err = closed
	}
}
