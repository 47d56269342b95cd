package view

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// options are Pebble's, chosen for records of some hundred bytes that are written once in a random order of channels and
// mostly read soon after.
func (d *disk) options(o Options, corrupt func(error)) *pebble.Options {
	p := &pebble.Options{
		FS:                          vfs.OnDiskFull(o.fs, d.wait),
		CacheSize:                   o.CacheBytes + memTables*memTable, // Pebble takes the memory of its tables off the cache
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: memTables,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		LBaseMaxBytes:               memTable,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
		Logger:                      logger{o.Logger},
		EventListener:               listener(o.Logger, corrupt),
	}
	p.TargetFileSizes[0] = 8 << 20
	for i := range p.Levels {
		p.Levels[i] = pebble.LevelOptions{
			BlockSize:      16 << 10,
			IndexBlockSize: 64 << 10,
			FilterPolicy:   bloom.FilterPolicy(10),
		}
	}
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	return p
}

const (
	memTable  = 32 << 20 // what is gathered in memory before a sorted file is written, and read again at a start
	memTables = 3        // how many may be full before writing waits
)
