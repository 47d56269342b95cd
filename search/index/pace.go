package index

import (
	"fmt"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
)

// pace bounds how often Bleve writes an index to disk. Each time costs the disk about seven
// flushes, and on many disks a flush of the log waits for them. Messages that are only in memory
// are searched all the same. If the process dies, it is read from the log again, because the
// positions are written together with it.
type pace struct {
	every time.Duration // 0: at once, and the caller that applies a batch waits for the disk
	stop  <-chan struct{}

	mu        sync.Mutex
	building  bool          // the index is not in use yet; guarded by mu
	unwritten int           // changes that are not on disk; guarded by mu
	room      chan struct{} // closed when changes have got to disk; guarded by mu
	hurry     chan struct{} // closed when a caller waits for the disk; guarded by mu
	hurrying  int           // how many do; guarded by mu
}

// mostUnwritten is how many changes may be in memory only: as much as is indexed in about two
// seconds.
const mostUnwritten = 16_000

// buildingEvery is how often an index is written that is not in use yet, unless much is in memory
// before. If the process dies, it goes on where it was last written.
const buildingEvery = 30 * time.Second

func newPace(every time.Duration, building bool, stop <-chan struct{}) *pace {
	return &pace{every: every, building: building, stop: stop, room: make(chan struct{}), hurry: make(chan struct{})}
}

func init() {
	scorch.RegistryEventCallbacks[inBackground] = func(e scorch.Event) bool {
		if e.Kind == scorch.EventKindPersisterProgress {
			if p, ok := paces.Load(e.Scorch); ok {
				p.(*pace).rest() //nolint:forcetypeassert // nothing else is stored
			}
		}
		return true
	}
}

// paces are the paces of the open indexes, by their stores.
var paces sync.Map

// rest holds up Bleve's goroutine that writes to disk, after it has written, until it is time to
// write again or a caller waits for it.
func (p *pace) rest() {
	p.mu.Lock()
	hurry, now, every := p.hurry, p.hurrying > 0, p.every
	if p.building {
		every = max(every, buildingEvery)
	}
	p.mu.Unlock()
	if now || p.every == 0 {
		return
	}
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurry:
	case <-p.stop:
	}
}

// hasten has Bleve write to disk without rest until the returned function is called.
func (p *pace) hasten() (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hurrying++; p.hurrying == 1 {
		close(p.hurry)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.hurrying--; p.hurrying == 0 {
			p.hurry = make(chan struct{})
		}
	}
}

// built says that the index is in use from now on.
func (p *pace) built() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.building = false
}

// isBuilding reports whether the index is not in use yet.
func (p *pace) isBuilding() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.building
}

// Built says that an index has everything and is in use from now on. When it returns, all of it is
// on disk.
func (x *Index) Built() error {
	x.pace.built()
	return x.use(x.touch)
}

// add counts changes that are in memory only.
func (p *pace) add(changes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unwritten += changes
}

// written counts changes that are on disk.
func (p *pace) written(changes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unwritten -= changes
	close(p.room)
	p.room = make(chan struct{})
}

// isWritten reports whether all changes are on disk.
func (p *pace) isWritten() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unwritten == 0
}

// full returns a channel that is closed when more changes are on disk, or nil if there is room for
// further ones.
func (p *pace) full() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unwritten < mostUnwritten {
		return nil
	}
	return p.room
}

// put gives Bleve a batch. Searches see it when it returns, and it gets to disk within the pace. If
// too much is in memory only, put waits until that is on disk. The caller holds write.
func (x *Index) put(batch *bleve.Batch) error {
	// The first batch does not stay in memory: a process that died meanwhile might leave a segment
	// that no root knows, which looks like damage.
	if x.pace.every == 0 || !x.begun {
		return x.putOnDisk(batch)
	}
	changes := len(batch.IndexOps) + 1 // a position alone is a change too
	batch.SetPersistedCallback(func(err error) {
		if err == nil {
			x.pace.written(changes)
		}
	})
	x.pace.add(changes)
	if err := x.store.Batch(batch); err != nil {
		x.pace.written(changes)
		return fmt.Errorf("write to the search index: %w", err)
	}
	for full := x.pace.full(); full != nil; full = x.pace.full() {
		if err := x.awaitDisk(full); err != nil {
			return err
		}
	}
	return nil
}

// putOnDisk gives Bleve a batch, and waits until it and all before it are on disk. The caller holds
// write.
func (x *Index) putOnDisk(batch *bleve.Batch) error {
	done := make(chan struct{})
	if x.pace.every > 0 {
		batch.SetPersistedCallback(func(error) { close(done) })
	} else {
		close(done) // Bleve itself waits
	}
	if err := x.store.Batch(batch); err != nil {
		return fmt.Errorf("write to the search index: %w", err)
	}
	x.begun = true
	return x.awaitDisk(done)
}

// awaitDisk waits until a channel is closed that says that something is on disk. It returns an
// error if Bleve cannot write, and goes on trying.
func (x *Index) awaitDisk(done <-chan struct{}) error {
	defer x.pace.hasten()()
	select {
	case <-done:
		return nil
	case err := <-x.trouble:
		return fmt.Errorf("write to the search index: %w", err)
	case <-x.failed:
		return x.failure
	}
}
