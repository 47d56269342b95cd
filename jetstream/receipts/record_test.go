package receipts

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"natterjack/jetstream/view"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"epoch":"e","timestamp":1764000000123,"channels":[{"channel":"alice~bob","cursors":[{"user":"bob","read":3,"delivered":7,"after":9}]}]}`))
	f.Add([]byte(`{"epoch":"e","channels":[{"channel":"alice~bob","cursors":[{"user":"bob","new":{}}]}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		moves, err := decode("e", data, 12)
		if err != nil || len(moves) == 0 {
			return
		}
		writes := make([]write, len(moves))
		for i, m := range moves {
			writes[i] = write{key{m.Channel, m.User}, markOf(&m.Receipt), m.After}
		}
		again, err := encode("e", 0, writes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode("e", again, 12)
		slices.SortStableFunc(moves, func(a, b view.ReceiptMove) int {
			return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.User, b.User))
		})
		if diff := gocmp.Diff(moves, got); err != nil || diff != "" && len(slices.CompactFunc(slices.Clone(moves), sameCursor)) == len(moves) {
			t.Errorf("%s (-want +got):\n%s%v", data, diff, err)
		}
	})
}

func sameCursor(a, b view.ReceiptMove) bool { return a.Channel == b.Channel && a.User == b.User }
