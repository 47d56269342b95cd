package pdf

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
)

// code is where the code of all tests is kept: to make it takes long.
var code = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "natterjack-pdf")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	status := m.Run()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	_ = os.RemoveAll(code())
	os.Exit(status)
}

func newReader(tb testing.TB) *Reader {
	tb.Helper()
	r := NewReader(code())
	tb.Cleanup(r.Close)
	return r
}

const most = 64 << 10

func read(tb testing.TB, r *Reader, data []byte) string {
	tb.Helper()
	s, err := r.Text(context.Background(), "file", data, most)
	if err != nil {
		tb.Fatal(err)
	}
	if len(s) > most || !utf8.ValidString(s) {
		tb.Fatalf("%d bytes, UTF-8 %t", len(s), utf8.ValidString(s))
	}
	return s
}

func japanese(tb testing.TB) []byte {
	tb.Helper()
	data, err := os.ReadFile("testdata/japanese.pdf")
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// made returns a PDF of one page with the given content.
func made(content []byte, filter string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(format string, a ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, a...)...)
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>")
	object("<</Length %d%s>>stream\n%s\nendstream", len(content), filter, content)
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// TestText reads the text that a page shows, in any script, and joins words that lines have cut.
func TestText(t *testing.T) {
	r := newReader(t)
	got := read(t, r, japanese(t))
	for _, want := range []string{"議事録", "会議を開きました", "データベース移行について", "spadefoot toads called all", "Müller grüßt"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if got := read(t, r, made([]byte("BT /F 12 Tf 50 700 Td (a natterjack) Tj ET"), "")); got != "a natterjack\n" {
		t.Errorf("%q", got)
	}
	if got, err := r.Text(t.Context(), "file", japanese(t), 10); err != nil || got != "議事録" && len(got) > 10 {
		t.Errorf("%q, %v", got, err)
	}
}

// TestText_noRubbish reads nothing of a page whose font does not say which characters it shows.
func TestText_noRubbish(t *testing.T) {
	data := japanese(t)
	if !bytes.Contains(data, []byte("/ToUnicode")) {
		t.Fatal("the file has no names of characters to be taken away")
	}
	data = bytes.ReplaceAll(data, []byte("/ToUnicode"), []byte("/XoUnicode"))
	right := read(t, newReader(t), japanese(t))
	for line := range strings.SplitSeq(read(t, newReader(t), data), "\n") {
		if !strings.Contains(right, line) {
			t.Errorf("rubbish: %q", line)
		}
	}
}

// TestText_damaged takes whatever a file holds, and goes on.
func TestText_damaged(t *testing.T) {
	r := newReader(t)
	whole := japanese(t)
	files := [][]byte{nil, []byte("no PDF"), []byte("%PDF-1.7\n"), bytes.Repeat([]byte("["), 1<<20), bytes.Repeat([]byte("<<"), 1<<20)}
	for i := range 10 {
		files = append(files, whole[:len(whole)*i/10])
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		broken := bytes.Clone(whole)
		for range 1 + random.IntN(50) {
			broken[random.IntN(len(broken))] = byte(random.Uint32())
		}
		files = append(files, broken)
	}
	for _, data := range files {
		read(t, r, data)
	}
	if got := read(t, r, whole); !strings.Contains(got, "議事録") {
		t.Errorf("after them: %q", got)
	}
}

// TestText_bounded ends when the time is over, and within its memory.
func TestText_bounded(t *testing.T) {
	r := newReader(t)
	read(t, r, japanese(t)) // it is ready from here on
	var bomb bytes.Buffer
	w := zlib.NewWriter(&bomb)
	line := bytes.Repeat([]byte("BT /F 1 Tf 1 1 Td (toads toads toads toads) Tj ET\n"), 1<<10)
	for range 4 << 10 { // 200 MB
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	read(t, r, made(bomb.Bytes(), "/Filter/FlateDecode"))
	if took := time.Since(began); took > 10*longest {
		t.Errorf("a bomb took %v", took)
	}
	r.longest = time.Millisecond
	if got := read(t, r, japanese(t)); strings.Contains(got, "Müller") {
		t.Errorf("read in no time: %q", got)
	}
	r.longest = longest
	if got := read(t, r, japanese(t)); !strings.Contains(got, "Müller") {
		t.Errorf("after them: %q", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := r.Text(ended, "file", japanese(t), most); err == nil {
		t.Errorf("read although it is told to stop: %q", got)
	}
}

// TestText_deadly does not read a file again if a process has died of it.
func TestText_deadly(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, markName), []byte("deadly"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := NewReader(dir)
	defer r.Close()
	if got, err := r.Text(t.Context(), "deadly", japanese(t), most); got != "" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzText takes whatever a file holds.
func FuzzText(f *testing.F) {
	f.Add(japanese(f))
	f.Add(made([]byte("BT /F 12 Tf 50 700 Td (a natterjack) Tj ET"), ""))
	r := newReader(f)
	f.Fuzz(func(t *testing.T, data []byte) { read(t, r, data) })
}

// TestPrinted leaves out characters without a meaning, and pages that are made of them.
func TestPrinted(t *testing.T) {
	for want, runes := range map[string]string{
		"a toad": "a toad", "two\nlines": "two\nlines", "東京都": "東京\n都", "documentation": "documen\x02\ntation", "회의\n록": "회의\n록",
		"": "\ue000\ue001\ue002a", "twelve letters": "twelve letters\ue000",
	} {
		var p printed
		for _, r := range runes {
			p.add(r, false)
		}
		if got := p.text(); got != want {
			t.Errorf("%q: %q, want %q", runes, got, want)
		}
	}
}
