package index

import "time"

// Budget bounds the cost of a search. A zero stands for a default, except in the time.
type Budget struct {
	Postings int       // terms and documents that are read, or work that costs as much; at least 131,072
	Verified int       // candidates of which the text is looked at
	Until    time.Time // the search ends then
}

// leastPostings is more than one segment takes, so that each page is a step further. mostTerms
// is how many words of a segment are read of those that begin so, or have such a part.
const (
	leastPostings   = 1 << 17
	mostTerms       = 20_000
	defaultPostings = 1 << 20
	defaultVerified = 2000
)

// budget is the cost that a search may still have.
type budget struct {
	postings, verified int
	until              time.Time
	work               int
	ended              bool // the search has to stop
	held               bool // it cannot end yet
	partial            bool // words were left out
	steps              int
}

func (b Budget) begin() *budget {
	left := &budget{postings: b.Postings, verified: b.Verified, until: b.Until, held: true}
	if left.postings <= 0 {
		left.postings = defaultPostings
	}
	left.postings = max(left.postings, leastPostings)
	if left.verified <= 0 {
		left.verified = defaultVerified
	}
	return left
}

// spend reports whether n terms or documents more may be read.
func (b *budget) spend(n int) bool {
	if b == nil {
		return true
	}
	b.work += n
	b.postings -= n
	return b.goesOn()
}

// The cost of a candidate, in postings: to look it up, and to look at its text.
const (
	workOfLook   = 100
	bytesPerWork = 4
)

// verify reports whether one more candidate may be verified.
func (b *budget) verify() bool {
	b.work += workOfLook
	b.postings -= workOfLook
	b.ended = b.ended || b.verified == 0 && !b.held
	return b.goesOn() && !b.late()
}

// stepsPerLook is how often the clock is not looked at.
const stepsPerLook = 16

func (b *budget) goesOn() bool {
	b.steps++
	b.ended = b.ended || b.postings < 0 && !b.held
	return !b.ended && !(b.steps%stepsPerLook == 0 && b.late())
}

// over reports whether the search has to stop.
func (b *budget) over() bool { return b != nil && b.ended }

// late reports whether the time is over. The search ends then.
func (b *budget) late() bool {
	if b == nil {
		return false
	}
	b.ended = b.ended || !b.held && !b.until.IsZero() && !time.Now().Before(b.until)
	return b.ended
}
