package view

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	memTable  = 16 << 20 // what is gathered in memory before it is written as sorted files, and read again at a start
	memTables = 3        // how many may be in memory before writing waits
)

// options are Pebble's, chosen for records of some hundred bytes that are written once, in a random order of channels, and mostly
// read soon after.
func (d *disk) options(o Options, corrupt func(error)) *pebble.Options {
	p := &pebble.Options{
		FS:                          vfs.OnDiskFull(o.fs, d.wait),
		CacheSize:                   o.CacheBytes + memTables*memTable, // Pebble takes the memory of its tables off the cache
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: memTables,
		L0CompactionThreshold:       8,  // merging more at once, less often, took a fifth off the CPU of a rebuild
		L0StopWritesThreshold:       64, // a rebuild may get ahead of compaction; live events must not wait for it
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
		Logger:                      logger{o.Logger},
		EventListener:               listener(o.Logger, corrupt),
	}
	p.TargetFileSizes[0] = 8 << 20 // each file ends in an fsync, which competes with those of the log
	for i := range p.Levels {
		p.Levels[i] = pebble.LevelOptions{
			BlockSize:      16 << 10,
			IndexBlockSize: 64 << 10,
			FilterPolicy:   bloom.FilterPolicy(10),
		}
	}
	p.ApplyCompressionSettings(compression)
	return p
}

// compression is for the lowest level alone, where nearly all of the data comes to rest. To compress what is soon merged
// again took a quarter of the CPU of a rebuild.
func compression() pebble.DBCompressionSettings {
	c := pebble.DBCompressionNone
	c.Levels[len(c.Levels)-1] = block.FastestCompression
	return c
}
