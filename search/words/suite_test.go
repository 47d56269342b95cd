package words

import (
	"slices"
	"testing"

	"natterjack/search/internal/suite"
)

// TestSuite shows that all expectations are met when every message is looked at.
func TestSuite(t *testing.T) {
	d := &Dictionary{}
	for _, dir := range []string{"../testdata", "../testdata/second", "../testdata/third", "../testdata/fourth", "../testdata/fifth"} {
		t.Run(dir, func(t *testing.T) { meets(t, dir, d) })
	}
}

func meets(t *testing.T, dir string, d *Dictionary) {
	t.Helper()
	s, err := suite.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var score suite.Score
	for _, q := range s.Queries {
		faults := score.Add(q, s.Answer(q.Text, d))
		if i := slices.IndexFunc(faults, func(f string) bool { return f[1:] == q.Known }); i >= 0 {
			faults = slices.Delete(faults, i, i+1)
		} else if q.Known != "" {
			t.Errorf("%s: %s is as people expect, and is not said to be", q.Text, q.Known)
		}
		if len(faults) > 0 {
			t.Errorf("%s: %v", q.Text, faults)
		}
	}
	t.Logf("%d messages, %d of %d queries exact, precision %.3f, recall %.3f",
		len(s.Messages), score.Exact, score.Queries, score.Precision(), score.Recall())
}
