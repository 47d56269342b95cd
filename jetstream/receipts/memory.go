package receipts

import (
	"strings"
	"sync"
	"time"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

const (
	// maxSaid bounds the moves of a shard that wait to be stored and applied while its stream
	// takes no writes or its view applies none: some 3 MB.
	maxSaid = 1 << 14
	// maxRecent bounds the cursors of a shard that are remembered because they were requested
	// recently: some 3 MB.
	maxRecent = 1 << 14
	// sayAgain is how long a stored record may take to reach the view. After that it is stored
	// again, because it may have been purged.
	sayAgain = 10 * time.Second
)

// memory holds some of a shard's cursors: those that were moved on this node and are not in the
// view yet, and some that were requested recently. The view has all others.
type memory struct {
	find func(channel, user string) (view.Receipt, error) // reads a cursor from the view

	mu         sync.Mutex // guards the fields below
	said       map[key]*said
	batch      uint64 // odd while the view takes in a batch; each batch adds two
	young, old map[key]Mark
}

// said is the position to which a user has moved a cursor on this node, merged with the position
// that was known before.
type said struct {
	Mark
	sent Mark // the part that is stored in the stream
	at   time.Time
}

func newMemory(find func(channel, user string) (view.Receipt, error)) *memory {
	return &memory{find: find, said: map[key]*said{}, young: map[key]Mark{}, old: map[key]Mark{}}
}

// accept takes in a move and returns the user's cursor before and after it. It refuses a move
// if maxSaid cursors wait already. If full is set, it refuses every move that changes
// something, with that error.
func (m *memory) accept(k key, to Mark, full error) (before, after Mark, err error) {
	var known Mark
	for read := false; ; read = true {
		m.mu.Lock()
		if s := m.said[k]; s != nil {
			known = known.merge(s.Mark)
		} else if !read {
			m.mu.Unlock()
			if known, err = m.applied(k); err != nil {
				return known, known, err
			}
			continue
		}
		break
	}
	defer m.mu.Unlock()
	after = known.merge(to)
	s := m.said[k]
	switch {
	case after == known:
		return known, known, nil
	case full != nil:
		return known, known, full
	case s == nil && len(m.said) >= maxSaid:
		return known, known, wire.Errorf(wire.CodeUnavailable, "receipts cannot be stored at the moment; retry").After(writePause)
	case s == nil:
		m.said[key{strings.Clone(k.channel), strings.Clone(k.user)}] = &said{Mark: after}
	default:
		s.Mark = after
	}
	return known, after, nil
}

// own returns a cursor as its own user sees it: the higher of the position set on this node and the
// view's.
func (m *memory) own(k key) (Mark, error) {
	heard := m.peek(k) // first, because it moves from memory to the view
	known, err := m.applied(k)
	return known.merge(heard), err
}

// peek returns a cursor as far as memory knows it. The real cursor is at least that.
func (m *memory) peek(k key) Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, _ := m.recent(k)
	if s := m.said[k]; s != nil {
		known = known.merge(s.Mark)
	}
	return known
}

// applied returns a cursor as the view has it.
func (m *memory) applied(k key) (Mark, error) {
	m.mu.Lock()
	known, found := m.recent(k)
	batch := m.batch
	m.mu.Unlock()
	if found {
		return known, nil
	}
	r, err := m.find(k.channel, k.user)
	if err != nil {
		return known, err
	}
	known = markOf(&r)
	m.mu.Lock()
	defer m.mu.Unlock()
	// Otherwise it may be older than the records that are applied by then.
	if m.batch == batch && batch%2 == 0 {
		m.remember(key{strings.Clone(k.channel), strings.Clone(k.user)}, known)
	}
	return known, nil
}

// recent returns a cursor that is remembered. The caller holds mu.
func (m *memory) recent(k key) (known Mark, found bool) {
	if known, found = m.young[k]; found {
		return known, true
	}
	if known, found = m.old[k]; found {
		m.remember(k, known)
	}
	return known, found
}

// remember stores a cursor. It forgets a cursor after maxRecent/2 others were remembered since
// that cursor was last requested. The caller holds mu.
func (m *memory) remember(k key, known Mark) {
	if _, there := m.young[k]; !there && len(m.young) >= maxRecent/2 {
		m.old, m.young = m.young, map[key]Mark{}
	}
	m.young[k] = known
}

// due returns the cursors that have to be stored.
func (m *memory) due(now time.Time) []write {
	m.mu.Lock()
	defer m.mu.Unlock()
	var writes []write
	for k, s := range m.said {
		if s.sent != s.Mark || now.Sub(s.at) >= sayAgain {
			writes = append(writes, write{key: k, Mark: s.Mark})
		}
	}
	return writes
}

// sent notes that the stream has stored writes.
func (m *memory) sent(writes []write, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range writes {
		if s := m.said[writes[i].key]; s != nil {
			s.sent, s.at = writes[i].Mark, now
		}
	}
}

// waiting reports whether some move is not in the view yet.
func (m *memory) waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.said) > 0
}

// step notes that the view is about to take in a batch, or has taken it in.
func (m *memory) step() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batch++
}

// take takes over the cursors that the view is about to store. It returns the cursors that have
// risen, each with the position that its user knew.
func (m *memory) take(moves []view.ReceiptMoved) (risen []rise) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range moves {
		before, after := markOf(&moves[i].Before), markOf(&moves[i].After)
		k := key{moves[i].After.Channel, moves[i].After.User}
		own := before
		if s := m.said[k]; s != nil {
			own = own.merge(s.Mark)
			if after.covers(s.Mark) {
				delete(m.said, k)
				m.remember(k, after)
			}
		}
		if _, found := m.recent(k); found {
			m.remember(k, after)
		}
		if !before.covers(after) {
			risen = append(risen, rise{key: k, Mark: after, own: own})
		}
	}
	return risen
}

// rise is a cursor that has risen. Own is the cursor as its user knew it.
type rise struct {
	key
	Mark
	own Mark
}

// forgetAll forgets the remembered cursors, because the view was emptied.
func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.young, m.old = map[key]Mark{}, map[key]Mark{}
}
