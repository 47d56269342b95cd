package lending

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	subject   = "views"
	piece     = 256 << 10 // bytes of a file in one answer
	mostAsked = 64        // questions that may wait
	idleTime  = 30 * time.Second
	mostTime  = 10 * time.Minute // maximum length of a loan
)

// Headers of an answer with a piece of a file.
const (
	headerError = "Error"
	headerSum   = "Sum" // of the whole file, with its last piece
)

// Source is the view that is lent.
type Source interface {
	// Positions returns how far the view is, or nil if it is not to be lent at the moment.
	Positions() []uint64
	// Lend makes a copy that does not change, and returns its directory.
	Lend() (dir string, err error)
	// Return deletes the copy.
	Return() error
}

// offer is the report of a lender about its view.
type offer struct {
	At        string   `json:"at"`   // the subject on which it lends
	Name      string   `json:"name"` // the properties in which the two views must agree
	Positions []uint64 `json:"positions"`
}

// question is a request of a borrower. With nothing but the name it asks all nodes for offers,
// and one lender for the loan. Then it asks for pieces of files, and in the end it returns the
// loan.
type question struct {
	Name   string `json:"name,omitempty"`
	Loan   string `json:"loan,omitempty"`
	File   string `json:"file,omitempty"`
	Offset int64  `json:"offset,omitempty"`
	Done   bool   `json:"done,omitempty"`
}

// loan is the answer to a request for a loan.
type loan struct {
	Loan  string `json:"loan"`
	Files []file `json:"files"`
	Error string `json:"error,omitempty"`
}

type file struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// Lender lends a node's view to one other node at a time.
type Lender struct {
	name   string
	at     string
	source Source
	log    *slog.Logger
	subs   []*nats.Subscription // for Lend and Close only

	mu    sync.Mutex // protects following
	over  bool       // closed: nothing is lent any more
	loan  string
	dir   string
	until time.Time
	ends  *time.Timer
	open  *os.File // the file that is being read
	sum   hash.Hash
	last  part // the piece of it that was read last
}

// part is a piece of a file. It may be asked for again, because an answer may be lost.
type part struct {
	file string
	at   int64
	data []byte
	sum  string // of the file, if the piece is its last
}

// Lend answers other nodes until the lender is closed. Id is a name that no other run of a node
// has. Name holds the properties in which a borrower's view must agree.
func Lend(conn *nats.Conn, source Source, name, id string, log *slog.Logger) (*Lender, error) {
	l := &Lender{name: name, at: subject + "." + id, source: source, log: log}
	for on, serve := range map[string]nats.MsgHandler{subject: l.offer, l.at: l.serve} {
		sub, err := conn.Subscribe(on, serve)
		if err == nil {
			l.subs = append(l.subs, sub)
			err = sub.SetPendingLimits(mostAsked, -1)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("subscribe to %s: %w", on, err), l.Close())
		}
	}
	return l, nil
}

// Close stops the lender and ends its loan.
func (l *Lender) Close() error {
	var errs []error
	for _, sub := range l.subs {
		if err := sub.Unsubscribe(); !errors.Is(err, nats.ErrConnectionClosed) { // otherwise it has ended already
			errs = append(errs, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	return errors.Join(append(errs, l.end())...)
}

// offer answers a node that wants a view with the same name.
func (l *Lender) offer(m *nats.Msg) {
	var q question
	if json.Unmarshal(m.Data, &q) != nil || q.Name != l.name {
		return
	}
	l.mu.Lock()
	busy := l.loan != "" || l.over
	l.mu.Unlock()
	if at := l.source.Positions(); !busy && at != nil {
		l.respond(m, offer{At: l.at, Name: l.name, Positions: at})
	}
}

func (l *Lender) respond(m *nats.Msg, what any) {
	data, err := json.Marshal(what)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		l.log.Warn("a node that asked for a view could not be answered", "error", err)
	}
}

func (l *Lender) serve(m *nats.Msg) {
	var q question
	if err := json.Unmarshal(m.Data, &q); err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case q.Loan == "":
		l.respond(m, l.begin(&q))
	case q.Loan != l.loan:
		l.refuse(m, errors.New("this loan is over"))
	case q.Done:
		l.refuse(m, l.end())
	default:
		l.piece(m, &q)
	}
}

// begin makes the copy.
func (l *Lender) begin(q *question) (made loan) {
	var err error
	switch {
	case l.loan != "" || l.over:
		err = errors.New("this node's view is already lent")
	case q.Name != l.name:
		err = fmt.Errorf("this node's view is %s, not %s", l.name, q.Name)
	default:
		l.dir, err = l.source.Lend()
	}
	if err == nil {
		made.Files, err = list(l.dir)
	}
	if err != nil {
		made.Error = err.Error()
		return made
	}
	made.Loan = rand.Text()
	l.loan, l.until = made.Loan, time.Now().Add(mostTime)
	l.ends = time.AfterFunc(idleTime, func() { l.expire(made.Loan) })
	l.log.Info("another node is taking a copy of this view", "files", len(made.Files))
	return made
}

func list(dir string) (files []file, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			files = append(files, file{Name: e.Name(), Size: info.Size()})
		}
	}
	return files, err
}

// expire ends a loan whose borrower was not heard of in time.
func (l *Lender) expire(which string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loan != which {
		return
	}
	l.log.Warn("a node that was taking a copy of this view has stopped asking")
	if err := l.end(); err != nil {
		l.log.Error("the copy of the view that was lent could not be deleted", "error", err)
	}
}

// end deletes the copy. The caller holds the lock.
func (l *Lender) end() error {
	if l.loan == "" {
		return nil
	}
	l.ends.Stop()
	l.loan = ""
	return errors.Join(l.closeFile(), l.source.Return())
}

func (l *Lender) closeFile() error {
	if l.open == nil {
		return nil
	}
	err := l.open.Close()
	l.open, l.last = nil, part{}
	return err
}

// piece sends a piece of a file. Each file is read once, from its beginning.
func (l *Lender) piece(m *nats.Msg, q *question) {
	left := time.Until(l.until)
	if left <= 0 {
		l.refuse(m, errors.Join(errors.New("this loan is over"), l.end()))
		return
	}
	l.ends.Reset(min(idleTime, left))
	if q.File != l.last.file || q.Offset != l.last.at {
		if err := l.next(q); err != nil {
			l.refuse(m, err)
			return
		}
	}
	answer := nats.NewMsg(m.Reply)
	answer.Data = l.last.data
	if l.last.sum != "" {
		answer.Header.Set(headerSum, l.last.sum)
	}
	if err := m.RespondMsg(answer); err != nil {
		l.log.Warn("a piece of the view could not be sent", "error", err)
	}
}

// next reads the next piece and stores it in last.
func (l *Lender) next(q *question) (err error) {
	if q.Offset == 0 {
		if err := l.openFile(q.File); err != nil {
			return err
		}
	}
	at := l.last.at + int64(len(l.last.data))
	if l.open == nil || q.File != l.last.file || q.Offset != at {
		return fmt.Errorf("%s may be read only once, from its beginning on", q.File)
	}
	data := make([]byte, piece)
	n, err := io.ReadFull(l.open, data)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !ended {
		return err
	}
	l.last = part{file: q.File, at: at, data: data[:n]}
	l.sum.Write(l.last.data)
	if ended {
		l.last.sum = fmt.Sprintf("%x", l.sum.Sum(nil))
	}
	return nil
}

func (l *Lender) openFile(name string) (err error) {
	if name != filepath.Base(name) {
		return fmt.Errorf("%q is not a file of a view", name)
	}
	if err := l.closeFile(); err != nil {
		return err
	}
	l.sum, l.last = sha256.New(), part{file: name}
	l.open, err = os.Open(filepath.Join(l.dir, name)) //nolint:gosec // it is a file of the copy
	return err
}

// refuse answers with an error, or without one if why is nil.
func (l *Lender) refuse(m *nats.Msg, why error) {
	answer := nats.NewMsg(m.Reply)
	if why != nil {
		answer.Header.Set(headerError, why.Error())
	}
	if err := m.RespondMsg(answer); err != nil {
		l.log.Warn("a node that is taking a view could not be answered", "error", err)
	}
}
