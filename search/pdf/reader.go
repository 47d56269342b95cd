package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// The bounds of one file.
const (
	longest  = 3 * time.Second
	maxPages = 1024 // of memory: 64 MiB
)

const (
	// idleAfter is how long a reader that is not used keeps its memory.
	idleAfter = time.Minute
	// initTimeout is how long it may take to get ready. The first time, its code is made, which
	// took 33 s on two busy cores, and nothing can end that early.
	initTimeout = 10 * time.Minute
)

// markName is a file with the name of the file that is being read. If a process finds it when it
// begins, the one before it died of that file.
const markName = "reading"

// Reader reads the text of PDFs, one at a time. Its methods may be called concurrently.
type Reader struct {
	dir     string
	deadly  string // a process has died of this file
	longest time.Duration

	mu     sync.Mutex // protects following; held while a file is read
	engine *engine    // nil if it was not used for a while
	idle   *time.Timer
	closed bool
}

// engine is PDFium, ready to read.
type engine struct {
	pool   pdfium.Pool
	cache  wazero.CompilationCache
	cancel context.CancelFunc // ends its work, for good
}

// NewReader returns a reader that keeps its code in a directory.
func NewReader(dir string) *Reader {
	r := &Reader{dir: dir, longest: longest}
	if name, err := os.ReadFile(filepath.Join(dir, markName)); err == nil { //nolint:gosec // the directory is configuration
		r.deadly = string(name)
	}
	return r
}

// Close gives back all that the reader has. It waits until the file that is being read is.
func (r *Reader) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.rest()
}

var errClosed = errors.New("the reader of PDFs is closed")

// Text returns the first bytes of the text of a PDF, at most so many. If reading takes too long, or
// the file is damaged, it returns the text that it has read by then. It returns nothing if the file
// does not say which characters it shows. An error says nothing about the file, which may be read
// later.
func (r *Reader) Text(ctx context.Context, name string, data []byte, most int) (text string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return "", errClosed
	}
	if name == r.deadly || len(data) == 0 {
		return "", ctx.Err()
	}
	if err := r.ready(); err != nil {
		return "", err
	}
	unmark, err := r.mark(name)
	if err != nil {
		return "", err
	}
	defer unmark()
	timed, cancel := context.WithTimeout(ctx, r.longest)
	defer cancel()
	inTime := context.AfterFunc(timed, r.engine.cancel)
	text = r.engine.text(timed, data, most)
	if !inTime() {
		r.rest() // it is of no use any more
	}
	return text, ctx.Err()
}

// mark notes which file is being read, until it is.
func (r *Reader) mark(name string) (unmark func(), err error) {
	path := filepath.Join(r.dir, markName)
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		return nil, fmt.Errorf("read a PDF: %w", err)
	}
	return func() { _ = os.Remove(path) }, nil // else the file is not read again by the next process
}

// ready makes PDFium ready, unless it is.
func (r *Reader) ready() error {
	if r.idle != nil {
		r.idle.Stop()
	}
	if r.engine == nil {
		e, err := r.start()
		if err != nil {
			return fmt.Errorf("make PDFium ready: %w", err)
		}
		r.engine = e
	}
	r.idle = time.AfterFunc(idleAfter, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.rest()
	})
	return nil
}

// rest gives back the memory of PDFium.
func (r *Reader) rest() {
	if r.idle != nil {
		r.idle.Stop()
	}
	if r.engine != nil {
		r.engine.close()
		r.engine = nil
	}
}

// start makes PDFium ready, with the code that is on disk if it can be used, and else with code
// that is made now.
func (r *Reader) start() (*engine, error) {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, err
	}
	on := kept{r.dir}
	cache, err := on.open()
	if err != nil {
		return start(wazero.NewCompilationCache())
	}
	e, err := start(cache)
	if err != nil && !errors.Is(err, errLate) { // most likely the disk takes no code
		return start(wazero.NewCompilationCache())
	}
	_ = on.made() // else it is made again by the next process
	return e, err
}

// errLate says that PDFium was not ready in time. Its code is made, so it is sooner the next time.
var errLate = errors.New("reading the PDF takes too long")

func start(cache wazero.CompilationCache) (e *engine, err error) {
	defer recovered(&err)
	ctx, cancel := context.WithCancel(context.Background())
	e = &engine{cache: cache, cancel: cancel}
	late := time.AfterFunc(initTimeout, cancel)
	defer late.Stop()
	e.pool, err = webassembly.Init(webassembly.Config{
		Context: ctx, MaxTotal: 1, FSConfig: wazero.NewFSConfig(), // no files at all
		Stdout: io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().WithMemoryLimitPages(maxPages).WithCloseOnContextDone(true).WithCompilationCache(cache).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling),
	})
	if !late.Stop() { // a read that was cancelled returns nothing, and no error
		err = errLate
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) close() {
	var err error
	defer recovered(&err)
	e.cancel()
	if e.pool != nil {
		_ = e.pool.Close() // there is nothing in it to be lost
	}
	_ = e.cache.Close(context.Background())
}

var errPanic = errors.New("panic while a PDF is read")

// recovered turns a panic into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack())
	}
}
