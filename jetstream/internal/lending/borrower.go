package lending

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	offerTime = time.Second
	loanTime  = 30 * time.Second // for the lender to make the copy
	pieceTime = 3 * time.Second
	pieceAsks = 3 // how often to ask for one piece
	tellEvery = 10 * time.Second
)

// ErrNobody is returned when no node lends a view.
var ErrNobody = errors.New("lending: no node lends a view")

// Borrower takes views of other nodes.
type Borrower struct {
	Conn *nats.Conn
	Name string // the properties in which a lender's view must agree
	Log  *slog.Logger
}

// Loan is a view that another node lends.
type Loan struct {
	Size  uint64 // bytes
	b     *Borrower
	at    string
	loan  string
	files []file
}

// Borrow asks all nodes, and borrows the view that is furthest, if its positions add up to
// least or more. If that node fails, it tries the next one.
func (b *Borrower) Borrow(ctx context.Context, least uint64) (*Loan, error) {
	offers, err := b.offers(ctx)
	if err != nil {
		return nil, err
	}
	errs := []error{ErrNobody}
	for _, o := range offers {
		if sum(o.Positions) < least {
			break
		}
		l, err := b.begin(ctx, o.At)
		if err == nil {
			return l, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func sum(positions []uint64) (n uint64) {
	for _, pos := range positions {
		n += pos
	}
	return n
}

// offers returns the offers that arrive within [offerTime], the furthest view first.
func (b *Borrower) offers(ctx context.Context) (offers []offer, err error) {
	sub, err := b.Conn.SubscribeSync(b.Conn.NewRespInbox())
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be closed by now
	q, err := json.Marshal(question{Name: b.Name})
	if err != nil {
		return nil, err
	}
	if err := b.Conn.PublishRequest(subject, sub.Subject, q); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, offerTime)
	defer cancel()
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			break // nodes that have not answered lend nothing
		}
		var o offer
		if json.Unmarshal(m.Data, &o) == nil && o.Name == b.Name {
			offers = append(offers, o)
		}
	}
	slices.SortFunc(offers, func(x, y offer) int { return cmp.Compare(sum(y.Positions), sum(x.Positions)) })
	return offers, nil
}

func (b *Borrower) begin(ctx context.Context, at string) (*Loan, error) {
	m, err := b.ask(ctx, at, loanTime, question{Name: b.Name})
	if err != nil {
		return nil, err
	}
	var made loan
	if err := json.Unmarshal(m.Data, &made); err != nil {
		return nil, fmt.Errorf("lending: %w", err)
	}
	if made.Error != "" {
		return nil, fmt.Errorf("lending: %s", made.Error)
	}
	l := &Loan{b: b, at: at, loan: made.Loan, files: made.Files}
	for _, f := range made.Files {
		if f.Name != filepath.Base(f.Name) || f.Size < 0 {
			return nil, fmt.Errorf("lending: %q of %d bytes is not a file of a view", f.Name, f.Size)
		}
		l.Size += uint64(f.Size)
	}
	return l, nil
}

func (b *Borrower) ask(ctx context.Context, at string, most time.Duration, q question) (*nats.Msg, error) {
	data, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	m, err := b.Conn.RequestWithContext(ctx, at, data)
	if err != nil {
		return nil, fmt.Errorf("lending: %w", err)
	}
	if why := m.Header.Get(headerError); why != "" {
		return nil, fmt.Errorf("lending: %s", why)
	}
	return m, nil
}

// Return tells the lender that its copy is not needed any more.
func (l *Loan) Return(ctx context.Context) error {
	_, err := l.b.ask(ctx, l.at, pieceTime, question{Loan: l.loan, Done: true})
	return err
}

// Fetch writes all files into a directory.
func (l *Loan) Fetch(ctx context.Context, into string) error {
	began := time.Now()
	told, have := began, uint64(0)
	for _, f := range l.files {
		err := l.fetch(ctx, into, f, func(n int) {
			if have += uint64(n); time.Since(told) >= tellEvery {
				told = time.Now()
				l.b.Log.InfoContext(ctx, "taking a view from another node", "share", fmt.Sprintf("%.1f%%", 100*float64(have)/float64(l.Size)),
					"bytes_per_s", int(float64(have)/time.Since(began).Seconds()))
			}
		})
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// piece asks for a piece of a file, and asks again if no answer comes.
func (l *Loan) piece(ctx context.Context, name string, offset int64) (m *nats.Msg, err error) {
	for range pieceAsks {
		m, err = l.b.ask(ctx, l.at, pieceTime, question{Loan: l.loan, File: name, Offset: offset})
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			break
		}
	}
	return m, err
}

func (l *Loan) fetch(ctx context.Context, into string, f file, count func(n int)) (err error) {
	to, err := os.OpenFile(filepath.Join(into, f.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the name was looked at
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	have := sha256.New()
	for offset := int64(0); ; {
		m, err := l.piece(ctx, f.Name, offset)
		if err != nil {
			return err
		}
		if _, err := to.Write(m.Data); err != nil {
			return err
		}
		have.Write(m.Data)
		offset += int64(len(m.Data))
		count(len(m.Data))
		switch want := m.Header.Get(headerSum); {
		case want != "" && (want != fmt.Sprintf("%x", have.Sum(nil)) || offset != f.Size):
			return errors.New("the file did not arrive whole")
		case want != "":
			return to.Sync()
		case len(m.Data) == 0 || offset > f.Size:
			return errors.New("the file does not end where it should")
		}
	}
}
