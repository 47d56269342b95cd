package index

import bleve "github.com/blevesearch/bleve_index_api"

// How often a term is in a document is nothing that anybody asks. Bleve writes least for a term
// that is there no time at all, unless hardly two documents have it: then once.
var (
	never = &bleve.TokenFreq{}
	once  = frequency(1)
)

func frequency(n int) *bleve.TokenFreq {
	f := &bleve.TokenFreq{}
	f.SetFrequency(n)
	return f
}

// field is a field of which the terms are known.
type field struct {
	name    string
	options bleve.FieldIndexingOptions
	terms   bleve.TokenFrequencies
	bytes   uint64
}

func termsField(name string, terms ...string) *field {
	f := &field{name: name, options: bleve.IndexField | bleve.SkipFreqNorm, terms: make(bleve.TokenFrequencies, len(terms))}
	for _, t := range terms {
		f.add(t)
	}
	return f
}

func (f *field) add(term string) {
	if term != "" {
		f.terms[term] = never
	}
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return nil }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() bleve.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                              { return 1 }
func (f *field) AnalyzedTokenFrequencies() bleve.TokenFrequencies { return f.terms }
func (f *field) NumPlainTextBytes() uint64                        { return f.bytes }
func (f *field) Size() int                                        { return 64 * len(f.terms) }
