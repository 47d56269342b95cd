package picture

import (
	"bytes"
	"image/jpeg"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

// telephone returns a photograph of 12 million pixels, some 4 MB.
func telephone(b *testing.B) []byte {
	b.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, photo(4000, 3000), &jpeg.Options{Quality: 75}); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

// peak returns how many bytes of heap a function uses at most, above what was there before.
func peak(do func()) uint64 {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	used := func() uint64 {
		metrics.Read(heap)
		return heap[0].Value.Uint64() + heap[1].Value.Uint64()
	}
	runtime.GC()
	before, most := used(), uint64(0)
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-tick.C:
				most = max(most, used())
			case <-done:
				tick.Stop()
				return
			}
		}
	})
	do()
	close(done)
	watcher.Wait()
	return most - min(before, most)
}

// BenchmarkDecode measures the bare decoding, which nothing here can make faster.
func BenchmarkDecode(b *testing.B) {
	file := telephone(b)
	var most uint64
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		most = max(most, peak(func() {
			if _, err := jpeg.Decode(bytes.NewReader(file)); err != nil {
				b.Fatal(err)
			}
		}))
	}
	b.ReportMetric(float64(most)/1e6, "peak_MB")
}

// BenchmarkMake measures the cleaning and the preview of the same photograph.
func BenchmarkMake(b *testing.B) {
	file := photograph12(b)
	m := NewMaker(Limits{})
	var most uint64
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		most = max(most, peak(func() {
			_, info := cleaned(b, file, JPEG)
			p, err := m.Make(b.Context(), bytes.NewReader(file), int64(len(file)), info)
			if err != nil || len(p.Thumbnails) != 2 {
				b.Fatal(err, len(p.Thumbnails))
			}
		}))
	}
	b.ReportMetric(float64(most)/1e6, "peak_MB")
}

// BenchmarkClean measures the cleaning alone.
func BenchmarkClean(b *testing.B) {
	file := photograph12(b)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		cleaned(b, file, JPEG)
	}
}

// photograph12 returns the photograph with what a telephone adds, turned.
func photograph12(b *testing.B) []byte {
	b.Helper()
	file := telephone(b)
	exif := append([]byte{0xff, markSOI}, photograph(b, photo(8, 8), turned90)[2:]...)
	exif = exif[:bytes.Index(exif, []byte{0xff, markDQT})]
	return append(exif, file[2:]...)
}
