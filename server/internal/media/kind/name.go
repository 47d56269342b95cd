package kind

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"natterjack/server/wire"
)

const (
	// maxName is the greatest length of a name in bytes. Disks take 255, some that encrypt names
	// much less; programs that save a second copy append a number.
	maxName = 160
	// maxExtension is the greatest length of an extension when a name is cut.
	maxExtension = 16
)

// Name returns the name under which the file is offered. It is a single element of a path that
// every system can store, without invisible characters. The extension of a file that is shown
// inline fits its type, so that a picture is not saved as a program.
func (k Kind) Name(claimed string) string {
	name := clean(claimed)
	if name == "" {
		name = string(k.Class)
		if k.Class == "" {
			name = string(File)
		}
		return name + k.extension
	}
	if k.Inline() && !slices.Contains(inline[k.Type].extensions, strings.ToLower(extension(name))) {
		name = cut(name, maxName-len(k.extension)) + k.extension
	}
	return name
}

// clean returns a name without all that is dangerous, invisible or impossible in one. It may be
// empty, also for a name of which a reader would see nothing.
func clean(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(safe, name))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	if isReserved(name) {
		name = "_" + name
	}
	if name = cut(name, maxName); !wire.ValidFileName(name) {
		return ""
	}
	return name
}

// safe returns the replacement of a character: itself, another one, or nothing. Joiners stay, since
// emoji and some scripts need them; marks that change the direction of text do not, since with them
// "exe.jpg" can be shown where the name ends in ".exe".
func safe(r rune) rune {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	switch {
	case r == zeroWidthNonJoiner || r == zeroWidthJoiner:
		return r
	case unicode.IsSpace(r) || unicode.In(r, unicode.Z):
		return ' '
	case unicode.In(r, unicode.C) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return -1
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	default:
		return r
	}
}

// cut shortens a name to at most limit bytes and keeps its extension.
func cut(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	end := extension(name)
	stem := name[:limit-len(end)]
	for len(stem) > 0 && !starts(name[len(stem):]) {
		stem = stem[:len(stem)-1]
	}
	if stem == "" { // it was one character with a great many marks
		stem = strings.ToValidUTF8(name[:limit-len(end)], "")
	}
	return strings.TrimRight(stem, ". ") + end
}

// starts reports whether a new visible character starts at the start of the text.
func starts(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return utf8.RuneStart(text[0]) && (r != utf8.RuneError || size > 1) && !unicode.In(r, unicode.M, unicode.Cf)
}

// extension returns the extension of a name with its dot, or nothing.
func extension(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot > maxExtension {
		return ""
	}
	return name[dot:]
}

// isReserved reports whether Windows takes a name for a device, with any extension.
func isReserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}, stem) {
		return true
	}
	port, isCom := strings.CutPrefix(stem, "COM")
	if !isCom {
		var isLpt bool
		if port, isLpt = strings.CutPrefix(stem, "LPT"); !isLpt {
			return false
		}
	}
	return slices.Contains([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"}, port)
}
