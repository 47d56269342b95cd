package view

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// reader reads the view as it was when the reader was made, however many keys it reads. It is
// for one goroutine.
type reader struct {
	it     *pebble.Iterator
	key    []byte
	record []byte   // the last record that was stored packed
	stamps []uint64 // stamp of each shard's cache, taken before the reader was made
	looks  func(key []byte)
}

// read calls f with a reader. The reader uses the filters of the lowest level too, which
// Pebble's Get does not. Most lookups of client ids and of new channels find nothing, and
// without those filters each would read a block from disk.
func (v *View) read(what string, f func(r *reader) error) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	return v.readEntered(what, f)
}

// readEntered works like read, for a call that has entered already. Entering twice could
// deadlock with a Close that waits for the call.
func (v *View) readEntered(what string, f func(r *reader) error) error {
	r, err := v.newReader()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	err = f(r)
	if err = errors.Join(err, r.it.Close()); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// newReader makes a reader. It takes the stamps first. If a batch is committed in between, the
// reader's results stay out of the cache.
func (v *View) newReader() (*reader, error) {
	r := &reader{stamps: make([]uint64, len(v.shards)), looks: v.looks}
	for i := range v.shards {
		r.stamps[i] = v.shards[i].states.stamp()
	}
	var err error
	r.it, err = v.db.NewIter(&pebble.IterOptions{UseL6Filters: true})
	return r, err
}

// get returns the value of r.key, or nil if there is none. The value is valid until the next
// read.
func (r *reader) get() ([]byte, error) {
	r.looks(r.key)
	if !r.it.SeekPrefixGE(r.key) || !bytes.Equal(r.it.Key(), r.key) {
		return nil, r.it.Error()
	}
	return r.it.ValueAndErr()
}

// placeFrom returns the place of the first event of a channel with this seq or a higher one, if
// there is one.
func (r *reader) placeFrom(channel string, seq uint64) (at place, found bool, err error) {
	r.key = appendSeqKey(r.key[:0], channel, seq)
	if !r.it.SeekGE(r.key) || !bytes.HasPrefix(r.it.Key(), r.key[:len(r.key)-8]) {
		return at, false, r.it.Error()
	}
	return placeOf(r.it.Key()), true, nil
}
