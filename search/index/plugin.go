package index

import (
	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	zap "github.com/blevesearch/zapx/v17"

	"natterjack/search/internal/leisure"
)

// plugin makes segments as Bleve's own does, and rests now and then if the index has a leisure.
// Bleve's goroutines merge for seconds without a pause, and offer no other place for one.
type plugin struct{ zap.ZapPlugin }

func init() { scorch.RegisterSegmentPlugin(&plugin{}, true) }

// leisureKey is the key of a leisure in the configuration that Bleve hands to a plugin.
const leisureKey = "natterjack-leisure"

// segmentConfig returns the configuration that Bleve hands to the plugin of an index.
func segmentConfig(l *leisure.Leisure) map[string]any { return map[string]any{leisureKey: l} }

func leisureIn(config map[string]any) *leisure.Leisure {
	l, _ := config[leisureKey].(*leisure.Leisure)
	return l
}

// NewUsing implements [scorch.SegmentPlugin].
func (p *plugin) NewUsing(docs []bleve.Document, config map[string]any) (segment.Segment, uint64, error) {
	turn := leisureIn(config).Begin()
	defer turn.Rest()
	for i := range docs {
		docs[i] = &restful{docs[i], &turn}
	}
	return p.ZapPlugin.NewUsing(docs, config)
}

// restful is a document that is looked at in a turn.
type restful struct {
	bleve.Document

	turn *leisure.Turn
}

// VisitFields implements [bleve.Document].
func (r *restful) VisitFields(visit bleve.FieldVisitor) {
	r.turn.Step()
	r.Document.VisitFields(visit)
}

// MergeUsing implements [scorch.SegmentPlugin].
func (p *plugin) MergeUsing(
	segments []segment.Segment, drops []*roaring.Bitmap, path string, stop chan struct{}, s segment.StatsReporter, config map[string]any,
) ([][]uint64, uint64, error) {
	m := &merging{StatsReporter: s, turn: leisureIn(config).Begin()}
	defer m.turn.Rest()
	return p.ZapPlugin.MergeUsing(segments, drops, path, stop, m, config)
}

// merging is called with each write of a merge.
type merging struct {
	segment.StatsReporter

	turn leisure.Turn
	some uint64 // bytes since the clock was looked at
}

// bytesPerLook is how many bytes a merge writes without a look at the clock: some tens of
// microseconds' worth.
const bytesPerLook = 1 << 10

// ReportBytesWritten implements [segment.StatsReporter].
func (m *merging) ReportBytesWritten(n uint64) {
	m.StatsReporter.ReportBytesWritten(n)
	if m.some += n; m.some >= bytesPerLook {
		m.some = 0
		m.turn.Step()
	}
}
