package kind

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// heads holds the first bytes of files of many kinds.
var heads = map[string]string{
	"jpeg":       "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01",
	"png":        "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde",
	"apng":       "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x08acTL",
	"gif":        "GIF89a\x01\x00\x01\x00\x80\x00\x00",
	"gif js":     "GIF89a/*\x2a\x2f=1;alert(1)//",
	"webp":       "RIFF\x1a\x00\x00\x00WEBPVP8L",
	"avif":       "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miaf",
	"heic":       "\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heic",
	"mp4":        "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
	"isom":       "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
	"mov":        "\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ",
	"m4a":        "\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A isom",
	"webm":       "\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm",
	"opus":       "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13OpusHead\x01\x01",
	"mp3":        "ID3\x04\x00\x00\x00\x00\x02\x01",
	"wav":        "RIFF\x24\x00\x00\x00WAVEfmt ",
	"flac":       "fLaC\x00\x00\x00\x22",
	"pdf":        "%PDF-1.7\n",
	"text":       "Good day.\n",
	"html":       "<!DOCTYPE html><script>alert(1)</script>",
	"hidden":     "<!-- x --><html><script>alert(1)</script>",
	"svg":        `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
	"xml svg":    `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`,
	"bare svg":   `<svg onload=alert(1)>`,
	"xml":        `<?xml version="1.0"?><a/>`,
	"xhtml":      `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`,
	"js":         "#!/usr/bin/env node\nalert(1)",
	"elf":        "\x7fELF\x02\x01\x01",
	"exe":        "MZ\x90\x00\x03",
	"nothing":    "",
	"one byte":   "\xff",
	"shockwave":  "CWS\x0a",
	"wasm":       "\x00asm\x01\x00\x00\x00",
	"bom html":   "\xef\xbb\xbf<html>",
	"tiff":       "II*\x00\x08\x00\x00\x00",
	"bmp":        "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00",
	"spaces":     strings.Repeat(" ", 2000) + "<script>alert(1)</script>",
	"late html":  strings.Repeat("\n", HeadSize) + "<script>alert(1)</script>",
	"utf16 html": "\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00",
}

func TestSniff(t *testing.T) {
	for name, want := range map[string]struct {
		kind, served string
		class        Class
		inline       bool
	}{
		"jpeg":     {"image/jpeg", "image/jpeg", Image, true},
		"png":      {"image/png", "image/png", Image, true},
		"apng":     {"image/png", "image/png", Image, true},
		"gif":      {"image/gif", "image/gif", Image, true},
		"gif js":   {"image/gif", "image/gif", Image, true},
		"webp":     {"image/webp", "image/webp", Image, true},
		"avif":     {"image/avif", "image/avif", Image, true},
		"heic":     {"image/heic", "image/heic", File, false},
		"mp4":      {"video/mp4", "video/mp4", Video, true},
		"isom":     {"video/mp4", "video/mp4", Video, true},
		"mov":      {"video/quicktime", "video/quicktime", Video, true},
		"m4a":      {"audio/mp4", "audio/mp4", Audio, true},
		"webm":     {"video/webm", "video/webm", Video, true},
		"opus":     {"audio/ogg", "audio/ogg", Audio, true},
		"mp3":      {"audio/mpeg", "audio/mpeg", Audio, true},
		"wav":      {"audio/wav", "audio/wav", Audio, true},
		"flac":     {"audio/flac", "audio/flac", Audio, true},
		"pdf":      {"application/pdf", "application/pdf", File, false},
		"text":     {"text/plain", "text/plain; charset=utf-8", File, false},
		"bare svg": {"text/plain", "text/plain; charset=utf-8", File, false},
		"html":     {"text/html", Opaque, File, false},
		"hidden":   {"text/html", Opaque, File, false},
		"svg":      {"image/svg+xml", Opaque, File, false},
		"xml svg":  {"image/svg+xml", Opaque, File, false},
		"xml":      {"text/xml", Opaque, File, false},
		"xhtml":    {"application/xhtml+xml", Opaque, File, false},
		"js":       {"text/javascript", Opaque, File, false},
		"elf":      {"application/x-elf", Opaque, File, false},
		"exe":      {"application/vnd.microsoft.portable-executable", Opaque, File, false},
		"tiff":     {"image/tiff", "image/tiff", File, false},
		"bmp":      {"image/bmp", "image/bmp", File, false},
	} {
		k := Sniff([]byte(heads[name]))
		if k.Type != want.kind || k.ContentType() != want.served || k.Class != want.class || k.Inline() != want.inline {
			t.Errorf("%s: %+v, served as %q, inline %v; want %+v", name, k, k.ContentType(), k.Inline(), want)
		}
	}
}

func TestSniff_archive(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("index.html"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if k := Sniff(b.Bytes()); k.Type != "application/zip" || k.Inline() {
		t.Errorf("%+v", k)
	}
}

// active holds what browsers would run, or ask a program to run.
var active = []string{"html", "xml", "svg", "script", "shockwave", "wasm", "php", "executable"}

func TestKind_nothingActiveIsNamed(t *testing.T) {
	for name, head := range heads {
		k := Sniff([]byte(head))
		for _, word := range active {
			if strings.Contains(k.ContentType(), word) {
				t.Errorf("%s is served as %s", name, k.ContentType())
			}
		}
		if k.Plain().Inline() || strings.HasPrefix(k.Plain().Disposition("x"), "inline") {
			t.Errorf("%s is inline, and should be a download", name)
		}
	}
}

func TestKind_Sound(t *testing.T) {
	for from, want := range map[string]string{
		"video/mp4": "audio/mp4", "video/quicktime": "audio/mp4", "video/webm": "audio/webm", "video/ogg": "audio/ogg",
		"audio/mpeg": "audio/mpeg", "image/png": "image/png",
	} {
		k := Kind{Type: from, Class: inline[from].class}
		if got := k.Sound(); got.Type != want || !got.Inline() {
			t.Errorf("%s: %+v, want %s", from, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, head := range heads {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		k := Sniff(head)
		if k.Type == "" || k.Class == "" {
			t.Fatalf("%+v", k)
		}
		for _, word := range active {
			if strings.Contains(k.ContentType(), word) {
				t.Errorf("served as %s", k.ContentType())
			}
		}
		if k.Inline() != (k.Class != File) {
			t.Errorf("%+v: inline %v", k, k.Inline())
		}
	})
}
