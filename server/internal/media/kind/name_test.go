package kind

import (
	"mime"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var (
	aFile = Kind{Type: Opaque, Class: File}
	aJPEG = Kind{Type: "image/jpeg", Class: Image, extension: ".jpg"}
)

func TestName(t *testing.T) {
	for claimed, want := range map[string]string{
		"report.pdf":                 "report.pdf",
		"":                           "file",
		"\u2800":                     "file",
		"\u200d \ufe0f":              "file",
		".":                          "file",
		"..":                         "file",
		"/":                          "file",
		" . . ":                      "file",
		"../../etc/passwd":           "passwd",
		`C:\Windows\system32\x.dll`:  "x.dll",
		`..\..\x`:                    "x",
		"a/..":                       "file",
		".bashrc":                    "bashrc",
		"x.txt. .":                   "x.txt",
		"a\x00b\r\nSet-Cookie: c":    "ab Set-Cookie_ c",
		"photo\u202egpj.exe":         "photogpj.exe",
		"\u2066a\u2069\u200e.txt":    "a.txt",
		"a\u200bb\ufeffc\u00ad.txt":  "abc.txt",
		"a\u3164.txt":                "a.txt",
		"photo.jpg          .exe":    "photo.jpg .exe",
		"a\u00a0\u3000b\u2028c":      "a b c",
		`a"b<c>d:e|f?g*h`:            "a_b_c_d_e_f_g_h",
		"CON":                        "_CON",
		"con.txt":                    "_con.txt",
		"Nul .tar.gz":                "_Nul .tar.gz",
		"COM1":                       "_COM1",
		"lpt³.x":                     "_lpt³.x",
		"COM":                        "COM",
		"console.txt":                "console.txt",
		"\xff\xfe.txt":               "_.txt",
		"e\u0301.txt":                "\u00e9.txt",
		"履歴書.pdf":                    "履歴書.pdf",
		"👩‍👩‍👧.png":                  "👩‍👩‍👧.png",
		"❤️.png":                     "❤️.png",
		"100% \"real\" 'file'.txt":   "100% _real_ 'file'.txt",
		"-rf":                        "-rf",
		"a\u0085b\u007fc.txt":        "a bc.txt",
		"%2e%2e%2fetc":               "%2e%2e%2fetc",
		"x.":                         "x",
		"tab\there":                  "tab here",
		"\U000e0001\U000e0041x":      "x",
		"\ue000private":              "private",
		"~$doc.docx":                 "~$doc.docx",
		"a//b\\c":                    "c",
		"name\u2044slash.txt":        "name\u2044slash.txt",
		"trailing\u200d":             "trailing\u200d",
		"trailing space \u202e.txt ": "trailing space .txt",
	} {
		if got := aFile.Name(claimed); got != want {
			t.Errorf("%q: %q, want %q", claimed, got, want)
		}
	}
}

func TestName_length(t *testing.T) {
	for claimed, suffix := range map[string]string{
		strings.Repeat("a", 1000) + ".pdf":                    "a.pdf",
		strings.Repeat("履", 300) + ".pdf":                     "履.pdf",
		strings.Repeat("👩‍👩‍👧", 100) + ".png":                 ".png",
		strings.Repeat("e\u0323\u0301", 100) + ".txt":         ".txt",
		"a" + strings.Repeat("\u0301", 400):                   "\u0301",
		"x." + strings.Repeat("b", 1000):                      "bb",
		strings.Repeat("a", 154) + "   b.jpeg":                "a.jpeg",
		strings.Repeat(".", 500) + "x":                        "x",
		strings.Repeat("a", maxName-2) + "." + "\u00e9\u00e9": ".\u00e9\u00e9",
	} {
		got := aFile.Name(claimed)
		if len(got) > maxName || !utf8.ValidString(got) || !strings.HasSuffix(got, suffix) {
			t.Errorf("%.20q…: %q of %d bytes, want it to end in %q", claimed, got, len(got), suffix)
		}
	}
}

// TestName_fitsTheType shows that what browsers show is not saved under the name of a program.
func TestName_fitsTheType(t *testing.T) {
	for claimed, want := range map[string]string{
		"photo.jpg": "photo.jpg", "photo.JPEG": "photo.JPEG", "photo.html": "photo.html.jpg", "photo": "photo.jpg",
		"photo.exe": "photo.exe.jpg", "": "image.jpg", ".jpg": "jpg.jpg", "photo.png": "photo.png.jpg",
	} {
		if got := aJPEG.Name(claimed); got != want {
			t.Errorf("%q: %q, want %q", claimed, got, want)
		}
	}
	if got := aJPEG.Name(strings.Repeat("a", 500)); len(got) != maxName || !strings.HasSuffix(got, "a.jpg") {
		t.Errorf("%q of %d bytes", got, len(got))
	}
}

func TestDisposition(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		name, want string
	}{
		{aFile, "report.pdf", `attachment; filename="report.pdf"`},
		{aJPEG, "a b.jpg", `inline; filename="a b.jpg"`},
		{aJPEG.Plain(), "a.jpg", `attachment; filename="a.jpg"`},
		{aFile, "naïve.txt", `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`},
		{aFile, "履.pdf", `attachment; filename="_.pdf"; filename*=UTF-8''%E5%B1%A5.pdf`},
		{aFile, "100%.txt", `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`},
		{aFile, `a"; x="b.txt`, `attachment; filename="a_; x=_b.txt"`},
		{aFile, "a\r\nX: y", `attachment; filename="a X_ y"`},
		{aFile, "a'(b)é", `attachment; filename="a'(b)_"; filename*=UTF-8''a%27%28b%29%C3%A9`},
		{Kind{}, "", `attachment; filename="file"`},
	} {
		if got := c.kind.Disposition(c.name); got != c.want {
			t.Errorf("%q: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"a.txt", "../../x", "CON.txt", "\u202eabc", "é́", strings.Repeat("履", 99), "a\x00", "100%", ". .", "COM1 .x"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, claimed string, picture bool) {
		k := aFile
		if picture {
			k = aJPEG
		}
		name := k.Name(claimed)
		if name == "" || len(name) > maxName || !utf8.ValidString(name) || name != filepath.Base(name) || isReserved(name) {
			t.Errorf("%q: %q", claimed, name)
		}
		if strings.ContainsAny(name, `/\<>:"|?*`) || strings.ContainsFunc(name, unicode.IsControl) || strings.HasPrefix(name, ".") {
			t.Errorf("%q: %q", claimed, name)
		}
		if again := k.Name(name); again != name {
			t.Errorf("%q: %q, and then %q", claimed, name, again)
		}
		header := k.Disposition(claimed)
		how, params, err := mime.ParseMediaType(header)
		if err != nil || params["filename"] != name || (how == "inline") != picture {
			t.Errorf("%q: %s: %q, %v, want %q", claimed, header, params["filename"], err, name)
		}
	})
}
