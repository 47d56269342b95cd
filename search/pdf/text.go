package pdf

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"natterjack/search/text"
)

// text returns the text of a PDF, as far as it can be read.
func (e *engine) text(ctx context.Context, data []byte, most int) string {
	var all strings.Builder
	var err error
	func() {
		defer recovered(&err)
		err = e.read(ctx, data, most, &all)
	}()
	// If it ends early, that is the file's fault, and the text that was read before is right.
	return cut(all.String(), most)
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// read writes the text of each page, until there is enough.
func (e *engine) read(ctx context.Context, data []byte, most int, to *strings.Builder) error {
	in, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it is thrown away
	doc, err := in.OpenDocument(&requests.OpenDocument{File: &data})
	if err != nil {
		return err
	}
	pages, err := in.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return err
	}
	for i := 0; i < pages.PageCount && to.Len() < most && ctx.Err() == nil; i++ {
		s, err := page(in, doc.Document, i, most-to.Len())
		if s != "" {
			to.WriteString(s + "\n")
		}
		if err != nil && ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// page returns the text of a page.
func page(in pdfium.Pdfium, doc references.FPDF_DOCUMENT, number, most int) (string, error) {
	at := requests.Page{ByIndex: &requests.PageByIndex{Document: doc, Index: number}}
	loaded, err := in.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: at})
	if err != nil {
		return "", err
	}
	count, err := in.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil {
		return "", err
	}
	var p printed
	for i := 0; i < min(count.Count, most); i++ {
		char, err := in.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: loaded.TextPage, Index: i})
		if err != nil {
			return "", err
		}
		unknown, err := in.FPDFText_HasUnicodeMapError(&requests.FPDFText_HasUnicodeMapError{TextPage: loaded.TextPage, Index: i})
		if err != nil {
			return "", err
		}
		p.add(rune(char.Unicode), unknown.HasUnicodeMapError)
	}
	_, err = in.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage})
	return p.text(), err
}

// printed is the text that a page shows.
type printed struct {
	runes       []rune
	good, wrong int
}

// hyphen is the character that PDFium gives for a hyphen at the end of a line, within a word.
const hyphen = '\x02'

// add takes in a character, or one of which the file does not say which it is.
func (p *printed) add(r rune, unknown bool) {
	switch {
	case r == hyphen, r == '\n', r == '\t':
		p.runes = append(p.runes, r)
	case r == 0, r == '\r':
	case unknown, !unicode.IsPrint(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) || r == utf8.RuneError:
		p.wrong++
	default:
		p.runes = append(p.runes, r)
		p.good++
	}
}

// mostWrong is which part of a page may be characters without a meaning, such as bullets. A page
// with more is rubbish.
const mostWrong = 10

// text returns the text of the page, with words that are cut at the ends of lines in one.
func (p *printed) text() string {
	if p.wrong*mostWrong > p.good {
		return ""
	}
	var s strings.Builder
	for i, r := range p.runes {
		if r == hyphen || r == '\n' && p.within(i) {
			continue
		}
		s.WriteRune(r)
	}
	return strings.TrimSpace(s.String())
}

// within reports whether a word may go on behind the end of a line at i: after a hyphen, and
// between characters that are written without blanks.
func (p *printed) within(i int) bool {
	if i == 0 || i+1 >= len(p.runes) {
		return false
	}
	unspaced := func(r rune) bool { c := text.ClassOf(r); return c.Dense() && c != text.Hangul }
	return p.runes[i-1] == hyphen || unspaced(p.runes[i-1]) && unspaced(p.runes[i+1])
}
