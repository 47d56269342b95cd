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
		FS:                          vfs.OnDiskFull(forgetful{o.fs}, d.wait),
		Cleaner:                     pebble.ArchiveCleaner{},
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
			BlockSize:      blockSize(i),
			IndexBlockSize: 64 << 10,
			FilterPolicy:   bloom.FilterPolicy(10),
		}
	}
	p.ApplyCompressionSettings(compression)
	return p
}

// compression is for the lowest level alone, where nearly all of the data comes to rest. To compress what is soon merged
// again took a quarter of the CPU of a rebuild.
//
// Of messages of 200 bytes, random ones of 4,096 words, twelve to a channel, this is what one takes on disk, all of its keys included,
// and what its whole way in takes of CPU, merging included:
//
//	fastest (MinLZ), blocks of 16 KB   302 B   30 µs
//	zstd 1, 16 KB                      214 B   31 µs
//	zstd 1, 32 KB                      209 B   29 µs; 201 B with client ids hashed to 8 bytes instead of 16
//	zstd 3, 32 KB                      207 B   36 µs
//	zstd 3, 64 KB                      202 B   37 µs, and a page of history takes three times as long
//
// Of the 209, the text and the JSON around it are 126, the ids in the record 48, the client id's key 26, all else 9. So there is no
// way to 150 but to keep fewer ids. To store them as the bytes that they stand for would spare another 10.
func compression() pebble.DBCompressionSettings {
	c := pebble.DBCompressionNone
	c.Levels[len(c.Levels)-1] = block.BalancedCompression
	return c
}

// blockSize is what is compressed, and read, at once: more in the lowest level, where there is something to be won by it.
func blockSize(level int) int {
	if level == len(pebble.DBCompressionNone.Levels)-1 {
		return 32 << 10
	}
	return 16 << 10
}
