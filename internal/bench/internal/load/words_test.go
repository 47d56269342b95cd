package load

import (
	"bytes"
	"compress/flate"
	"slices"
	"strings"
	"testing"
)

func TestAppendWords_SaysNothingTwice(t *testing.T) {
	for seed := range uint64(1000) {
		for _, n := range []int{1, TextBytes, 4000} {
			text := string(AppendWords([]byte("before "), seed, n))
			text, found := strings.CutPrefix(text, "before ")
			if !found || len(text) != n {
				t.Fatalf("%d bytes of %d: %q", len(text), n, text)
			}
			whole := strings.Fields(text)
			whole = whole[:len(whole)-1] // the last word may be cut
			slices.Sort(whole)
			if len(slices.Compact(slices.Clone(whole))) != len(whole) {
				t.Fatalf("a word is there twice: %q", text)
			}
		}
	}
	if a, b := AppendWords(nil, 5, TextBytes), AppendWords(nil, 5, TextBytes); !bytes.Equal(a, b) {
		t.Errorf("the same seed says %q and %q", a, b)
	}
}

// A text that compresses to almost nothing would make storage look too good. Texts of people
// compress to about half.
func TestAppendWords_CompressesAsTextDoes(t *testing.T) {
	var all []byte
	for seed := range uint64(10_000) {
		all = AppendWords(all, seed<<32, TextBytes)
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(all); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if share := float64(out.Len()) / float64(len(all)); share < 0.4 || share > 0.7 {
		t.Errorf("compressed to %.2f of its length", share)
	}
}

func BenchmarkAppendWords(b *testing.B) {
	buf := make([]byte, 0, TextBytes)
	for i := uint64(0); b.Loop(); i++ {
		AppendWords(buf, i, TextBytes)
	}
}
