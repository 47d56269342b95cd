package search

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"natterjack/search/match"
	"natterjack/search/pdf"
	"natterjack/search/texts"
	"natterjack/search/words"
	"natterjack/server/wire"
)

// Config configures a [Search].
type Config struct {
	Dir   string // of the index
	Epoch string // the name of the log
	Key   []byte // of the cursors of searches; all nodes have the same one
	Log   Log
	// File returns the first bytes of an uploaded file, at most so many. It returns nothing for a
	// file that does not exist. Nil if there is no media storage: then no files are searched.
	File func(ctx context.Context, media string, size int64, most int) ([]byte, error)
	// Storage returns why media storage cannot be used now, as far as is known, or nil.
	Storage func() error
	Logger  *slog.Logger

	now   func() time.Time // time.Now unless a test sets it
	names time.Duration    // longestNames unless a test sets it
	again time.Duration    // how long to wait after an edition could not be opened or made; for tests
}

// storage returns why media storage cannot be used now, or nil.
func (c *Config) storage() error {
	if c.Storage == nil {
		return nil
	}
	return c.Storage()
}

// Search answers searches from a node's index, and keeps the index.
type Search struct {
	cfg     Config
	split   match.Splitter
	turns   *turns
	cursors *cursors
	finds   *finds

	mu    sync.RWMutex // protects following
	use   *edition     // nil if there is none for now
	next  *edition     // that is being built to take its place, or nil
	texts *texts.Store // nil before Run
}

// New returns a search and starts nothing.
func New(cfg Config) *Search {
	if cfg.now == nil {
		cfg.now = time.Now
	}
	return &Search{cfg: cfg, split: &words.Dictionary{}, turns: newTurns(), cursors: newCursors(cfg.Key), finds: newFinds()}
}

// Run opens the index, builds it where that is needed, and keeps it up to date until ctx ends.
func (s *Search) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	k := &editions{cfg: &s.cfg, lost: func() {}, set: s.set}
	if s.cfg.File != nil {
		if k.texts = s.openTexts(ctx); k.texts == nil {
			return nil
		}
		k.pdfs = pdf.NewReader(filepath.Join(s.cfg.Dir, "pdf"))
		defer k.pdfs.Close()
		sweeping := newSweeper(&s.cfg, k.texts)
		k.lost = func() { sweeping.owes.Store(true) }
		beside.Go(func() { sweeping.run(ctx) })
	}
	return k.run(ctx)
}

// openTexts opens the texts of files. It tries until that succeeds, or until ctx ends and it
// returns nil.
func (s *Search) openTexts(ctx context.Context) *texts.Store {
	for {
		store, err := texts.Open(filepath.Join(s.cfg.Dir, "texts"))
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.texts = store
			return store
		}
		s.cfg.Logger.ErrorContext(ctx, "the directory of the search index cannot be used yet, and is tried again", "component", "search", "error", err)
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
			return nil
		}
	}
}

// content returns the text of a file that this node has read, or nothing. It is a [fileText].
func (s *Search) content(media string) string {
	s.mu.RLock()
	store := s.texts
	s.mu.RUnlock()
	if store == nil {
		return ""
	}
	return store.Get(media)
}

func (s *Search) set(use, next *edition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.use, s.next = use, next
}

// editions returns the edition to be searched, and the one that is being built.
func (s *Search) editions() (use, next *edition) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.use, s.next
}

// rebuilding returns how far the index is, or nil unless it is being built or has been behind for
// some time.
func rebuilding(use, next *edition) *wire.Rebuilding {
	building := use
	if next != nil {
		building = next
	}
	if building == nil {
		return &wire.Rebuilding{}
	}
	if building.whole.Load() && !building.isBehind(time.Now()) {
		return nil
	}
	if building == use && building.isLevel() { // nothing is missing, as on a new node
		return nil
	}
	done, of, _ := building.feed.Progress()
	return &wire.Rebuilding{Done: done, Of: of}
}
