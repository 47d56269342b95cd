package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"natterjack/search/index"
	"natterjack/search/internal/leisure"
	"natterjack/search/texts"
)

// edition is an index that was built once, and the feed that keeps it up to date.
type edition struct {
	number int
	dir    string
	log    Log
	slog   *slog.Logger
	index  *index.Index
	texts  *texts.Store // nil if no files are searched
	reader *reader      // nil if no files are searched
	lost   func()       // tells that messages may have lost files
	old    bool         // its tokens are of another version: it is to be replaced
	whole  atomic.Bool  // it has had everything once

	leisure *leisure.Leisure          // of the CPU that it takes
	haste   haste                     // for the keeper of editions only
	levelAt atomic.Pointer[time.Time] // when it last had everything

	applying sync.Mutex // held from the look at a message until it is stored
	feed     Feed
	files    Feed // of the reader; nil if no files are searched
	stop     context.CancelFunc
	running  sync.WaitGroup
	broken   chan struct{} // closed when it is of no use any more
	once     sync.Once     // guards the closing of broken
}

const (
	wholeMark = "whole" // a file in the directory of an edition that has had everything
	indexName = "index"
)

// openEdition opens an edition, or makes it if its directory is empty.
func (k *editions) openEdition(number int) (*edition, error) {
	cfg := k.cfg
	e := &edition{
		texts: k.texts, lost: k.lost, number: number, dir: filepath.Join(cfg.Dir, strconv.Itoa(number)), log: cfg.Log, slog: cfg.Logger.With("component", "search", "edition", number),
		broken: make(chan struct{}),
	}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the search index: %w", err)
	}
	_, err := os.Stat(filepath.Join(e.dir, wholeMark))
	e.whole.Store(err == nil)
	at, options := filepath.Join(e.dir, indexName), index.Options{Log: cfg.Epoch, Pace: writeEvery}
	e.noteLevel(time.Now()) // it is not known to be behind
	e.leisure = leisure.New(cfg.Log.Progress)
	if e.whole.Load() {
		e.leisure.Above(busy())
	}
	options.Building, options.Leisure = !e.whole.Load(), e.leisure
	e.index, err = index.Open(at, options)
	if errors.Is(err, index.ErrVersion) {
		e.old = true
		e.index, err = index.OpenOld(at, options)
	}
	if err != nil {
		return nil, err
	}
	if e.texts != nil {
		e.reader = newReader(cfg, e.texts, k.pdfs, e)
	}
	return e, nil
}

// run starts to keep the edition up to date.
func (e *edition) run(ctx context.Context) {
	ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	e.feed = e.log.Feed(e, e.leisure.Rest)
	e.running.Go(func() {
		if err := e.feed.Run(ctx); ctx.Err() == nil {
			e.breaks(err)
		}
	})
	if e.reader != nil {
		e.files = e.log.Feed(e.reader, e.leisure.Rest)
		e.running.Go(func() {
			if err := e.files.Run(ctx); ctx.Err() == nil {
				e.breaks(err)
			}
		})
	}
	e.running.Go(func() { e.scrub(ctx) })
}

// isLevel reports whether the edition has everything that the log has. The first time it also has
// the texts of files, unless storage is down: it is about to take the place of one that has them.
func (e *edition) isLevel() bool {
	if _, _, level := e.feed.Progress(); !level {
		return false
	}
	if e.files == nil || e.whole.Load() || e.reader.cfg.storage() != nil {
		return true
	}
	_, _, level := e.files.Progress()
	return level
}

// close stops the feed and closes the index. The applied events are on disk.
func (e *edition) close() error {
	e.leisure.End()
	if e.stop != nil {
		e.stop()
		e.running.Wait()
	}
	return e.index.Close()
}

// remove closes the edition and deletes it.
func (e *edition) remove() error { return errors.Join(e.close(), os.RemoveAll(e.dir)) }

// judge looks at an error of the index. After some errors the edition is of no use any more.
func (e *edition) judge(err error) error {
	if errors.Is(err, index.ErrDamaged) {
		e.breaks(err)
	}
	return err
}

// breaks says that the edition is of no use any more.
func (e *edition) breaks(why error) {
	e.once.Do(func() {
		e.slog.Error("the search index is damaged, and is rebuilt", "error", why)
		close(e.broken)
	})
}

// isBroken reports whether the edition is of no use any more.
func (e *edition) isBroken() bool {
	select {
	case <-e.broken:
		return true
	default:
		return false
	}
}

// finish notes that the edition has had everything. An edition without the note is not used at the
// next start if there is another one.
func (e *edition) finish() error {
	e.leisure.Hurry(true)
	e.leisure.Above(busy())
	if err := e.judge(e.index.Built()); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(e.dir, wholeMark), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mark the search index: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("mark the search index: %w", err)
	}
	e.whole.Store(true)
	return nil
}

// writeEvery is how often an index writes its changes from memory to disk. Each time takes several
// flushes of the disk, and the log's flushes may have to wait for them. A process that dies reads
// so much of the log again.
const writeEvery = 2 * time.Second

// scrubAfter is how long removed words may stay in the files of the index. To take them out may
// rewrite all of a large index. So there is a rest after it, which is many times as long as it
// took: at this pace it costs some hundredths of a core.
const (
	scrubAfter = time.Minute
	scrubRests = 30
)

// restAfter returns how long to wait after a scrub that took so long.
func restAfter(took time.Duration) time.Duration { return max(scrubAfter, scrubRests*took) }

// scrub takes messages that were edited or deleted out of the files, until ctx ends.
func (e *edition) scrub(ctx context.Context) {
	timer := time.NewTimer(scrubAfter)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		began := time.Now()
		stats, err := e.index.Stats()
		if err == nil && stats.Owed > 0 {
			err = e.index.Scrub(ctx)
		}
		if err != nil && ctx.Err() == nil {
			e.slog.WarnContext(ctx, "removed messages could not be erased from the search index yet, and are tried again", "error", e.judge(err))
		}
		timer.Reset(restAfter(time.Since(began)))
	}
}
