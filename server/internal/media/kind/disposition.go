package kind

import "strings"

// Disposition returns the value of the header Content-Disposition with which the file is served.
// The name was chosen by its sender; it is made safe. The value is of RFC 6266: it has the name in
// ASCII, and in UTF-8 if these differ.
func (k Kind) Disposition(name string) string {
	name = k.Name(name)
	plain := asciiOnly(name)
	how := "attachment"
	if k.Inline() {
		how = "inline"
	}
	header := how + `; filename="` + plain + `"`
	if plain != name {
		header += "; filename*=UTF-8''" + percent(name)
	}
	return header
}

// asciiOnly returns a name for clients that do not read the parameter filename*. Some of these take
// a percent sign for the start of an encoded byte, so it is replaced too.
func asciiOnly(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			return '_'
		}
		return r
	}, name)
}

// percent encodes a name as the value of an extended parameter, as in RFC 8187.
func percent(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(name) {
		if isAttrChar(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// isAttrChar reports whether RFC 8187 lets a byte stand for itself.
func isAttrChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
