package view

import (
	"strings"
	"sync"

	"natterjack/server/wire"
)

// blocks are who has blocked whom, of all users. They are held in memory: each message to a direct channel asks twice, and a look at
// disk would cost a tenth of what the message does.
type blocks struct {
	mu    sync.RWMutex // guards the following
	pairs map[blockPair]struct{}
}

type blockPair struct{ by, of string }

// Blocked reports whether a user has blocked another.
func (v *View) Blocked(by, of string) bool {
	v.blocks.mu.RLock()
	defer v.blocks.mu.RUnlock()
	_, found := v.blocks.pairs[blockPair{by, of}]
	return found
}

// set takes over settings that are stored.
func (b *blocks) set(changes []ownSetting) {
	if len(changes) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range changes {
		of, found := strings.CutPrefix(c.name, wire.SettingBlock)
		switch {
		case !found:
		case c.value == "":
			delete(b.pairs, blockPair{c.user, of})
		default:
			b.pairs[blockPair{c.user, of}] = struct{}{}
		}
	}
}

// ownSetting is one of somebody's settings.
type ownSetting struct{ user, name, value string }

// loadBlocks reads all blocks there are.
func (v *View) loadBlocks() error {
	v.blocks.pairs = map[blockPair]struct{}{}
	return v.read("load blocks", func(r *reader) error {
		prefix := []byte{tagSetting}
		for ok := r.it.SeekGE(prefix); ok && r.it.Key()[0] == tagSetting; ok = r.it.Next() {
			p := parser{rest: r.it.Key()[1:]}
			user := p.name()
			if p.err != nil {
				return p.err
			}
			v.blocks.set([]ownSetting{{user: user, name: string(p.rest), value: "1"}})
		}
		return r.it.Error()
	})
}
