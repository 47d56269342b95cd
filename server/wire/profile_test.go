package wire

import (
	"strings"
	"testing"
)

func TestSetProfile_Validate(t *testing.T) {
	name := func(s string) ProfileChange { return ProfileChange{Name: &s} }
	zone := func(s string) ProfileChange { return ProfileChange{Zone: &s} }
	status := func(s Status) ProfileChange { return ProfileChange{Status: &s} }
	for _, c := range []struct {
		change ProfileChange
		ok     bool
	}{
		{name("Alice"), true},
		{name("อลิซ"), true},
		{name("أليس"), true},
		{name("👩‍🚀 Alice"), true},
		{name(""), true},
		{name(strings.Repeat("龍", MaxNameLen)), true},
		{name(strings.Repeat("龍", MaxNameLen+1)), false},
		{name("  "), false},
		{name("\u200d"), false},
		{name("a\x00b"), false},
		{name("a\u2028b"), false},
		{name("\xff"), false},

		{zone("Europe/Berlin"), true},
		{zone("America/Argentina/Buenos_Aires"), true},
		{zone("Etc/GMT+12"), true},
		{zone("UTC"), true},
		{zone(""), true},
		{zone("Local"), false},
		{zone("europe/berlin"), false},
		{zone("posix/Europe/Berlin"), false},
		{zone("Europe//Berlin"), false},
		{zone("Europe/"), false},
		{zone("Europe/Berlin/x/y"), false},
		{zone("Europe/../../x"), false},
		{zone("Europe\\Berlin"), false},
		{zone("E" + strings.Repeat("e", MaxZoneLen)), false},

		{status(Status{}), true},
		{status(Status{Text: "in a meeting"}), true},
		{status(Status{Emoji: "🏖️", Until: 1}), true},
		{status(Status{Emoji: "🏖️🏖️"}), false},
		{status(Status{Until: 1}), false},
		{status(Status{Text: "x", Until: -1}), false},
		{status(Status{Text: "x", Until: maxInteger + 1}), false},
		{status(Status{Text: strings.Repeat("ä", MaxStatusLen)}), true},
		{status(Status{Text: strings.Repeat("ä", MaxStatusLen+1)}), false},
	} {
		if err := (SetProfile{ProfileChange: c.change}).Validate(DefaultLimits()); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.change, err)
		}
	}
}

// TestProfiles_size shows that an answer with as many profiles as can be asked for, each as large
// as it can be, is within what a reply without pages may take.
func TestProfiles_size(t *testing.T) {
	widest := strings.Repeat("\U0001f9d1", MaxStatusLen)
	reply := Profiles{Ref: Ref{Ref: 1 << 63}}
	for range MaxProfiles {
		reply.Users = append(reply.Users, Profile{
			User: strings.Repeat("u", MaxUserLen), Name: widest[:4*MaxNameLen], Zone: strings.Repeat("Z", MaxZoneLen), Version: 1 << 53,
			Picture: &Picture{ID: strings.Repeat("a", mediaLen), Type: strings.Repeat("t", maxMediaType), Size: 1 << 53, Blurhash: strings.Repeat(`"`, maxBlurhashLen)},
			Status:  &Status{Text: widest, Emoji: strings.Repeat("e", MaxEmojiLen), Until: maxInteger}, Imitates: strings.Repeat("u", MaxUserLen),
		})
	}
	frame, err := Append(nil, reply)
	if err != nil || len(frame) > maxWhole {
		t.Errorf("%d bytes of %d, %v", len(frame), maxWhole, err)
	}
}
