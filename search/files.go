package search

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"natterjack/search/pdf"
	"natterjack/search/texts"
	"natterjack/server/wire"
)

// maxTextFile is the largest file of which the text is searched: only its beginning is.
const maxTextFile = 8 << 20

// textFile is a file of a message of which the beginning of the text is searched.
type textFile struct {
	attachment int
	media      string
	size       int64
	pdf        bool
}

// textFiles returns the files of a message of which the beginning of the text is searched.
func textFiles(m *wire.Record) (all []textFile) {
	for i := range m.Content.Attachments {
		a := &m.Content.Attachments[i]
		pdf := a.Type == "application/pdf"
		if !pdf && !isText(a) || a.Size <= 0 || a.Size > maxTextFile {
			continue
		}
		all = append(all, textFile{attachment: i, media: a.ID, size: a.Size, pdf: pdf})
	}
	return all
}

// isText reports whether a file may be a text that people read.
func isText(a *wire.Attachment) bool {
	return strings.HasPrefix(a.Type, "text/") || a.Type == "application/json" || a.Type == "application/xml"
}

// longText is from how many bytes on a text is long.
const longText = 4 << 10

// isLong reports whether it takes long to take a message in. Then a reaction or a pin does not have
// it taken in again.
func isLong(m *wire.Record) bool {
	return len(m.Content.Text) >= longText || len(textFiles(m)) > 0
}

// reader is a [Sink] that brings the texts of files from media storage into an edition. It has a
// feed of its own. If storage is down, it stands still, and messages are found all the same. Its
// feed alone uses it.
type reader struct {
	cfg     *Config
	edition *edition
	texts   *texts.Store
	pdfs    *pdf.Reader
	slog    *slog.Logger
	tries   map[string]int // of files that could not be read although storage can be used
}

func newReader(cfg *Config, store *texts.Store, pdfs *pdf.Reader, e *edition) *reader {
	return &reader{cfg: cfg, edition: e, texts: store, pdfs: pdfs, slog: e.slog, tries: map[string]int{}}
}

// shardOf names a shard in the index, as far as the texts of files in it are taken in. It is
// another one if the texts are gone: then all are read again.
func shardOf(store *texts.Store, shard int) string {
	return fmt.Sprintf("files-%s-%d", store.Name(), shard)
}

// Position implements [Sink].
func (r *reader) Position(shard int) (Upto, error) { return r.edition.upto(shardOf(r.texts, shard)) }

// Apply implements [Sink].
func (r *reader) Apply(ctx context.Context, events []wire.Event, upto map[int]Upto) error {
	r.edition.note(events)
	var with []subject
	for _, s := range subjectsOf(slices.DeleteFunc(slices.Clone(events), hasNoFile)) {
		if s.seq == 0 || s.marks {
			continue
		}
		m, err := s.message(r.cfg.Log)
		if err != nil {
			return err
		}
		if m == nil || len(textFiles(m)) == 0 {
			continue
		}
		with = append(with, s)
		for _, f := range textFiles(m) {
			if err := r.bring(ctx, f); err != nil {
				return err
			}
		}
	}
	end := positions(upto, func(shard int) string { return shardOf(r.texts, shard) })
	return r.edition.take(with, end, func(subject) (fileText, error) { return r.texts.Get, nil })
}

// hasNoFile reports whether an event says that its message has no file, and none later: no edit
// adds one. Most events do, and no message needs to be looked up for them.
func hasNoFile(e wire.Event) bool {
	return e.Kind == wire.KindMessage && e.Content != nil && len(e.Content.Attachments) == 0
}

// mostTries is how often a file is tried to be read while storage can be used. With the pauses of a
// feed that takes half a minute. No other file is tried between: after some failures in a row all
// calls of storage fail for a moment, and that would count against files that can be read.
const mostTries = 10

// bring brings the text of a file, unless it is here. A file that cannot be read although storage
// can be used is given up in the end: it would hold back all others.
func (r *reader) bring(ctx context.Context, f textFile) error {
	if r.texts.Has(f.media) || r.tries[f.media] >= mostTries {
		return nil
	}
	content, err := r.fetch(ctx, f)
	if err == nil && f.pdf {
		content, err = r.read(ctx, f, content)
	}
	if err == nil {
		delete(r.tries, f.media)
		return r.texts.Put(f.media, content)
	}
	if ctx.Err() != nil || r.cfg.storage() != nil {
		return err
	}
	if r.tries[f.media]++; r.tries[f.media] < mostTries {
		return err
	}
	r.slog.WarnContext(ctx, "the text of a file cannot be read, and is not searched until the index is rebuilt", "media", f.media, "error", err)
	return nil
}

// fetchTimeout is how long storage may take for one file.
const fetchTimeout = 4 * time.Second

func (r *reader) fetch(ctx context.Context, f textFile) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	most := texts.Most
	if f.pdf { // its end says where its beginning is
		most = int(f.size)
	}
	return r.cfg.File(ctx, f.media, f.size, most)
}

// pdfRests is how many times longer than it took to read a PDF the pause after it is. So files that
// are made to take long cost a fourth of a core at most.
const pdfRests = 3

// read returns the text of a PDF.
func (r *reader) read(ctx context.Context, f textFile, data []byte) ([]byte, error) {
	began := time.Now()
	text, err := r.pdfs.Text(ctx, f.media, data, texts.Most)
	if took := time.Since(began); took > longPDF {
		pause(ctx, pdfRests*took)
	}
	return []byte(text), err
}

// longPDF is from when on a PDF has taken long. Few do.
const longPDF = 200 * time.Millisecond

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
