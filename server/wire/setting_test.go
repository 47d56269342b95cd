package wire

import (
	"strings"
	"testing"
)

func TestSet_Validate(t *testing.T) {
	const group = "gaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"mute/alice~bob", "0", true},
		{"mute/" + group, "1764000000000", true},
		{"mute/" + group, "", true},
		{"mute/" + group, "007", false},
		{"mute/" + group, "-1", false},
		{"mute/" + group, "soon", false},
		{"mute/nowhere", "0", false},
		{"top/" + group, "1", true},
		{"top/" + group, "2", false},
		{"hide/alice~bob/42", "1", true},
		{"hide/alice~bob/042", "1", false},
		{"hide/alice~bob/0", "1", false},
		{"hide/alice~bob", "1", false},
		{"hide/alice~bob/42/1", "1", false},
		{"block/mallory", "1", true},
		{"block/Mallory", "1", false},
		{"contact/bob", "1", true},
		{"privacy/last_seen", "contacts", true},
		{"privacy/last_seen", "friends", false},
		{"privacy/receipts", "off", true},
		{"privacy/receipts", "on", false},
		{"privacy/everything", "off", false},
		{"client/theme", "dark 🌒", true},
		{"client/theme", strings.Repeat("x", MaxSettingValueLen+1), false},
		{"client/theme", "\xff", false},
		{"client/", "x", false},
		{"client/a b", "x", false},
		{"client/" + strings.Repeat("x", MaxSettingNameLen), "x", false},
		{"", "x", false},
	} {
		if err := (Set{Name: c.name, Value: c.value}).Validate(DefaultLimits()); (err == nil) != c.ok {
			t.Errorf("%s = %q: %v", c.name, c.value, err)
		}
	}
}
