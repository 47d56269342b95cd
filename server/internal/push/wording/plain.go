package wording

import (
	"bufio"
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	render "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

const (
	// maxMarkdown is how many bytes of a text are read. The shown part is far shorter, and some
	// texts take the parser a time that grows with the square of their length.
	maxMarkdown = 2 << 10
	// maxCharacter is how many bytes a character has on average, at most: one with a hundred marks
	// on it is one character, too.
	maxCharacter = 10
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Strikethrough)).Parser()

// Plain returns the beginning of a text in Markdown as a reader would say it, on one line.
func Plain(source string) string {
	if len(source) > maxMarkdown {
		source = strings.ToValidUTF8(source[:maxMarkdown], "")
	}
	p := plain{source: []byte(source)}
	_ = ast.Walk(markdown.Parse(text.NewReader(p.source)), p.visit) // visit returns no error
	if said := line(p.out.String()); said != "" {
		return said
	}
	return line(source) // nothing but marks, such as ---
}

// plain writes the text of a document's nodes.
type plain struct {
	source []byte
	out    bytes.Buffer
}

// visit implements [ast.Walker].
func (p *plain) visit(node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	if node.Type() == ast.TypeBlock {
		_ = p.out.WriteByte('\n')
	}
	switch n := node.(type) {
	case *ast.Text:
		p.text(n)
	case *ast.String:
		_, _ = p.out.Write(n.Value)
	case *ast.AutoLink:
		_, _ = p.out.Write(n.Label(p.source))
	case *ast.RawHTML:
		p.lines(n.Segments)
	case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
		p.lines(node.Lines())
	case *ast.ListItem:
		p.number(n)
	}
	return ast.WalkContinue, nil
}

// text writes a text, with its escapes and entities resolved.
func (p *plain) text(n *ast.Text) {
	value := n.Segment.Value(p.source)
	if n.IsRaw() || n.Parent().Kind() == ast.KindCodeSpan {
		_, _ = p.out.Write(value)
	} else {
		var escaped bytes.Buffer
		w := bufio.NewWriter(&escaped)
		render.DefaultWriter.Write(w, value)
		_ = w.Flush() // into memory
		_, _ = p.out.WriteString(html.UnescapeString(escaped.String()))
	}
	if n.SoftLineBreak() || n.HardLineBreak() {
		_ = p.out.WriteByte('\n')
	}
}

func (p *plain) lines(segments *text.Segments) {
	for _, s := range segments.Sliced(0, segments.Len()) {
		_, _ = p.out.Write(s.Value(p.source))
	}
}

// number writes the number of an item of an ordered list: it may well be a year.
func (p *plain) number(n *ast.ListItem) {
	list, ok := n.Parent().(*ast.List)
	if !ok || !list.IsOrdered() {
		return
	}
	number := list.Start
	for before := n.PreviousSibling(); before != nil; before = before.PreviousSibling() {
		number++
	}
	_, _ = p.out.WriteString(strconv.Itoa(number) + string(list.Marker) + " ")
}

// line returns a text on one line, without blanks at its ends, and without characters that are not
// shown or that turn the direction of the text around them.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError, r == '\ufeff':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut returns at most n characters of a text, as readers count them. The last one says that
// something is missing.
func cut(s string, n int) string {
	at, count := 0, 0 // the end of n-1 characters, and the number of characters
	for c := graphemes.FromString(s); c.Next(); {
		count++
		if count > n || c.End() > n*maxCharacter {
			return strings.TrimRightFunc(s[:at], unicode.IsSpace) + "…"
		}
		if count < n {
			at = c.End()
		}
	}
	return s
}
