package index

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"natterjack/search/match"
)

// So few candidates are verified rather than that more terms are read. The terms of a prefix or
// an infix are many.
const (
	fewDocs     = 32
	fewForMany  = 256
	workOfDocs  = 256 // so many documents of a set are as much work as one term
	workOfTerms = 1

	bytesPerScan = 256 // so many bytes of words to look through are as much work as one term
)

// evaluator finds the documents of one segment that may be hits.
type evaluator struct {
	part
	budget *budget
	read   int // terms of prefixes and infixes
	dicts  map[string]segment.TermDictionary
}

// set is a set of documents, or all of a segment. The documents are not changed.
type set struct {
	docs *roaring.Bitmap
	all  bool
}

func (s set) fewerThan(n uint64) bool { return !s.all && s.docs.GetCardinality() <= n }

func (s set) and(o set) set {
	switch {
	case s.all:
		return o
	case o.all:
		return s
	default:
		return set{docs: roaring.And(s.docs, o.docs)}
	}
}

func (e *evaluator) dict(field string) (segment.TermDictionary, error) {
	if d := e.dicts[field]; d != nil {
		return d, nil
	}
	d, err := e.snapshot.Segment().Dictionary(field)
	if err != nil {
		return nil, err
	}
	if e.dicts == nil {
		e.dicts = map[string]segment.TermDictionary{}
	}
	e.dicts[field] = d
	return d, nil
}

// term returns the documents that have a term.
func (e *evaluator) term(field, term string) (*roaring.Bitmap, error) {
	dict, err := e.dict(field)
	if err != nil {
		return nil, err
	}
	list, err := dict.PostingsList([]byte(term), nil, nil)
	if err != nil {
		return nil, err
	}
	e.budget.spend(workOfTerms)
	if it, ok := list.Iterator(false, false, false, nil).(segment.OptimizablePostingsIterator); ok {
		if docs := it.ActualBitmap(); docs != nil {
			e.budget.spend(int(docs.GetCardinality() / workOfDocs))
			return docs, nil
		}
	}
	docs := roaring.New()
	_, err = union(dict, term, docs, nil)
	return docs, err
}

// anyTerm returns the documents that have one of the terms.
func (e *evaluator) anyTerm(field string, terms []string) (set, error) {
	if len(terms) == 1 {
		docs, err := e.term(field, terms[0])
		return set{docs: docs}, err
	}
	dict, err := e.dict(field)
	if err != nil {
		return set{}, err
	}
	docs := roaring.New()
	var list segment.PostingsList
	for _, t := range terms {
		e.budget.spend(workOfTerms)
		if list, err = union(dict, t, docs, list); err != nil {
			return set{}, err
		}
	}
	return set{docs: docs}, nil
}

// want returns the documents that may be as wanted.
func (e *evaluator) want(w match.Want) (set, error) {
	switch {
	case w.Key != "":
		docs, err := e.term(fieldText, w.Key)
		return set{docs: docs}, err
	case w.Prefix != "":
		return e.many("p"+w.Prefix, e.beginning(w.Prefix))
	case w.Infix != "":
		return e.many("i"+w.Infix, e.around(w.Infix))
	case len(w.Any) > 0:
		return e.any(w.Any)
	default:
		return e.all(w.All, set{all: true})
	}
}

func (e *evaluator) any(wants []match.Want) (set, error) {
	if len(wants) == 1 {
		return e.want(wants[0])
	}
	docs := roaring.New()
	for _, w := range wants {
		s, err := e.want(w)
		if err != nil || s.all {
			return s, err
		}
		docs.Or(s.docs)
	}
	return set{docs: docs}, nil
}

// all returns those documents of a set that may be as all wants want. It reads the rarest term
// first, and stops once there are few documents that have it: verification does the rest.
func (e *evaluator) all(wants []match.Want, among set) (set, error) {
	terms, others := flatten(wants)
	lists := make([]*roaring.Bitmap, len(terms))
	for i, t := range terms {
		var err error
		if lists[i], err = e.term(fieldText, t); err != nil {
			return set{}, err
		}
	}
	slices.SortFunc(lists, func(a, b *roaring.Bitmap) int { return cmp.Compare(a.GetCardinality(), b.GetCardinality()) })
	for i, docs := range lists {
		if i > 0 && among.fewerThan(fewDocs) {
			return among, nil
		}
		among = among.and(set{docs: docs})
	}
	for i, w := range others {
		if i+len(lists) > 0 && among.fewerThan(fewForMany) {
			return among, nil
		}
		s, err := e.want(w)
		if err != nil {
			return set{}, err
		}
		among = among.and(s)
	}
	return among, nil
}

// flatten returns the terms that are wanted in any case, and the other wants, the cheapest first.
func flatten(wants []match.Want) (terms []string, others []match.Want) {
	for _, w := range wants {
		for len(w.Any) == 1 {
			w = w.Any[0]
		}
		switch {
		case w.Key != "":
			terms = append(terms, w.Key)
		case len(w.All) > 0:
			t, o := flatten(w.All)
			terms, others = append(terms, t...), append(others, o...)
		case w.Prefix != "" || w.Infix != "" || len(w.Any) > 0:
			others = append(others, w)
		}
	}
	slices.SortStableFunc(others, func(a, b match.Want) int { return cmp.Compare(cost(a), cost(b)) })
	return terms, others
}

// cost tells which of two wants is cheaper to evaluate. The result of a long prefix or infix is.
func cost(w match.Want) int {
	const shortest, anyOf, infix = 64, 1 << 10, 1 << 12
	switch {
	case len(w.Any) > 0:
		return anyOf
	case w.Infix != "":
		return infix - len(w.Infix)
	default:
		return shortest - len(w.Prefix)
	}
}

// terms calls visit with terms until it returns false.
type terms func(visit func(term string) (bool, error)) error

func (e *evaluator) beginning(prefix string) terms {
	return func(visit func(term string) (bool, error)) error {
		dict, err := e.dict(fieldText)
		if err != nil {
			return err
		}
		return eachTerm(dict, []byte(prefix), end(prefix), visit)
	}
}

func (e *evaluator) around(infix string) terms {
	scan := func(bytes int) bool { return e.budget.spend(bytes/bytesPerScan) && !e.budget.late() }
	return func(visit func(term string) (bool, error)) error { return e.columns.around(infix, scan, visit) }
}

// many returns the documents that have one of many terms. It reads no more of them than the
// budget allows.
func (e *evaluator) many(key string, each terms) (set, error) {
	if docs := e.columns.wide.get(key); docs != nil {
		e.budget.spend(workOfTerms)
		return set{docs: docs}, nil
	}
	dict, err := e.dict(fieldText)
	if err != nil {
		return set{}, err
	}
	docs := roaring.New()
	var list segment.PostingsList
	before, whole := e.read, true
	err = each(func(term string) (bool, error) {
		if whole = e.budget.spend(workOfTerms) && e.read < mostTerms; !whole {
			return false, nil
		}
		e.read++
		var err error
		list, err = union(dict, term, docs, list)
		return true, err
	})
	if err != nil {
		return set{}, err
	}
	switch {
	case !whole, e.budget.over():
		e.budget.partial = true
	case e.read-before >= manyTerms:
		e.columns.wide.put(key, docs)
	}
	return set{docs: docs}, nil
}
