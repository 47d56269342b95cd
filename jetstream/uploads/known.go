package uploads

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// known holds the records that this node knows. Its methods may be called concurrently. Records
// in it are never changed.
type known struct {
	mu        sync.RWMutex // protects the following
	byKey     map[string]*Record
	byMedia   map[string]*Record // by the part of the id that is in the key
	byUser    index
	byChannel index
	unseen    map[string]bool // the keys that a watch has not told since it began
	passed    uint64          // the watch has told everything up to this revision
}

// index has the records of a user or a channel, by key.
type index map[string]map[string]*Record

func (x index) add(name, key string, r *Record) {
	if x[name] == nil {
		x[name] = map[string]*Record{}
	}
	x[name][key] = r
}

func (x index) remove(name, key string) {
	if delete(x[name], key); len(x[name]) == 0 {
		delete(x, name)
	}
}

func newKnown() *known {
	return &known{
		byKey: map[string]*Record{}, byMedia: map[string]*Record{}, byUser: index{}, byChannel: index{},
		unseen: map[string]bool{},
	}
}

// pass says that the watch has told everything up to a revision.
func (k *known) pass(revision uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.passed = max(k.passed, revision)
}

func (k *known) hasPassed(revision uint64) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.passed >= revision
}

// begin says that a watch begins. Records that it does not tell are gone.
func (k *known) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.unseen)
	for key := range k.byKey {
		k.unseen[key] = true
	}
}

// whole says that the watch has told all records there were when it began.
func (k *known) whole() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.unseen {
		k.drop(key)
	}
	clear(k.unseen)
}

// learn takes in a record, which must not be changed any more by its caller. Older revisions change
// nothing: the watch tells them late.
func (k *known) learn(r *Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := r.key()
	delete(k.unseen, key)
	have := k.byKey[key]
	if have != nil && have.revision > r.revision {
		return
	}
	r.heard = time.Now()
	if have != nil && r.goesOn(have) {
		r.heard = have.heard
	}
	k.drop(key)
	k.byKey[key], k.byMedia[keyOf(r.Media)] = r, r
	k.byUser.add(r.User, key, r)
	k.byChannel.add(r.Channel, key, r)
}

// forget takes in a deletion, unless a later revision is known.
func (k *known) forget(key string, revision uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.unseen, key)
	if have := k.byKey[key]; have == nil || have.revision <= revision {
		k.drop(key)
	}
}

// drop removes a record. The caller holds mu.
func (k *known) drop(key string) {
	r := k.byKey[key]
	if r == nil {
		return
	}
	delete(k.byKey, key)
	delete(k.byMedia, keyOf(r.Media))
	k.byUser.remove(r.User, key)
	k.byChannel.remove(r.Channel, key)
}

// copies returns copies of records, for callers who may change them.
func (k *known) copies(some func() []*Record) (copies []*Record) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, r := range some() {
		if r != nil {
			one := *r
			copies = append(copies, &one)
		}
	}
	return copies
}

func (k *known) one(some func() *Record) *Record {
	if found := k.copies(func() []*Record { return []*Record{some()} }); len(found) > 0 {
		return found[0]
	}
	return nil
}

func (k *known) of(key string) *Record { return k.one(func() *Record { return k.byKey[key] }) }

// Of returns the record of a file if this node knows one, or nil.
func (r *Records) Of(media string) *Record {
	if found := r.Latest(media); found != nil && found.Media == media {
		return found
	}
	return nil
}

// Latest returns the record of a file, or of the file that was reserved in its place, or nil if
// this node knows neither.
func (r *Records) Latest(media string) *Record {
	return r.known.one(func() *Record { return r.known.byMedia[keyOf(media)] })
}

// OfUser returns the records of a user that this node knows, in no order.
func (r *Records) OfUser(user string) []*Record {
	return r.known.copies(func() []*Record { return slices.Collect(maps.Values(r.known.byUser[user])) })
}

// OfChannel returns the records for a channel that this node knows, in no order.
func (r *Records) OfChannel(channel string) []*Record {
	return r.known.copies(func() []*Record { return slices.Collect(maps.Values(r.known.byChannel[channel])) })
}

// All returns all records that this node knows, in no order.
func (r *Records) All() []*Record {
	return r.known.copies(func() []*Record { return slices.Collect(maps.Values(r.known.byKey)) })
}
