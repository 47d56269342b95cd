package view

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// memTable is how much Pebble gathers in memory before it writes sorted files. A start
	// reads it again.
	memTable = 16 << 20
	// memTables is how many of these may be in memory before writes wait.
	memTables = 3
)

// options returns Pebble's options. They suit records of some hundred bytes that are written
// once, to channels in random order, and mostly read soon after.
func (d *disk) options(o Options, corrupt func(error)) *pebble.Options {
	p := &pebble.Options{
		FS:      vfs.OnDiskFull(patient{leisurely{forgetful{o.fs}, &d.leisure}, d, &d.opened}, d.wait),
		Cleaner: pebble.ArchiveCleaner{},
		// Pebble takes the memory of its tables out of the cache.
		CacheSize:                   o.CacheBytes + memTables*memTable,
		FormatMajorVersion:          pebble.FormatNewest,
		MaxOpenFiles:                o.Files,
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: memTables,
		// To merge more at once, less often, saved a fifth of the CPU of a rebuild.
		L0CompactionThreshold: 8,
		// A rebuild may get ahead of compaction. Live events must not wait for it.
		L0StopWritesThreshold:      64,
		CompactionConcurrencyRange: func() (lower, upper int) { return 1, 2 },
		Logger:                     logger{o.Logger},
		EventListener:              listener(o.Logger, corrupt),
	}
	// Each file ends in an fsync, which competes with the fsyncs of the log.
	p.TargetFileSizes[0] = 8 << 20
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

// compression compresses only the lowest level, where nearly all data ends up. Compressing data
// that is soon merged again took a quarter of the CPU of a rebuild.
//
// The table shows the bytes that one message takes on disk, with all of its keys, and the CPU of
// its whole way in, with merging. The messages had 200 bytes of random words out of 4,096, and each
// channel had twelve. Their records were stored as JSON.
//
//	fastest (MinLZ), blocks of 16 KB   302 B   30 µs
//	zstd 1, 16 KB                      214 B   31 µs
//	zstd 1, 32 KB                      209 B   29 µs; 201 B with 8-byte client id hashes, not 16
//	zstd 3, 32 KB                      207 B   36 µs
//	zstd 3, 64 KB                      202 B   37 µs; a page of history takes three times as long
//
// Packed records take 177 B instead of 205 (zstd 1, 32 KB). Random bits make 24 of these: 16 of
// the client id, and the 8 of its key. Most of the rest is the text.
func compression() pebble.DBCompressionSettings {
	c := pebble.DBCompressionNone
	c.Levels[len(c.Levels)-1] = block.BalancedCompression
	return c
}

// blockSize returns how much is compressed and read at once. It is larger in the lowest level,
// where larger blocks save space.
func blockSize(level int) int {
	if level == len(pebble.DBCompressionNone.Levels)-1 {
		return 32 << 10
	}
	return 16 << 10
}
