package wire

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func send(attachments ...Attachment) Send {
	return Send{To: "bob", ClientID: "c", Content: Content{Attachments: attachments}}
}

func edited(attachments ...Attachment) Edit {
	return Edit{Channel: testChannel, Seq: 1, Content: Content{Attachments: attachments}}
}

// mediaID returns a valid id, another one for each letter.
func mediaID(letter string) string { return strings.Repeat(letter, mediaLen) }

// several returns so many attachments with tickets.
func several(n int) (all []Attachment) {
	for i := range n {
		all = append(all, Attachment{ID: mediaID(string(rune('a' + i))), Ticket: "t"})
	}
	return all
}

var attachmentLimits = limits{
	valid: map[string]Command{
		"one":              send(several(1)...),
		"ten":              send(several(MaxAttachments)...),
		"a long caption":   send(Attachment{ID: mediaID("a"), Ticket: "t", Caption: strings.Repeat("あ", MaxCaptionLen)}),
		"lines":            send(Attachment{ID: mediaID("a"), Ticket: "t", Caption: "one\n\ttwo"}),
		"a long ticket":    send(Attachment{ID: mediaID("a"), Ticket: strings.Repeat("t", MaxTicketLen)}),
		"some stay":        edited(Attachment{ID: mediaID("a"), Caption: "x"}, Attachment{ID: mediaID("b")}),
		"none stays":       Edit{Channel: testChannel, Seq: 1, Content: Content{Text: "x", Attachments: []Attachment{}}},
		"with a text too":  Send{To: "bob", ClientID: "c", Content: Content{Text: "x", Attachments: several(2)}},
		"with blanks only": Send{To: "bob", ClientID: "c", Content: Content{Text: " ", Attachments: several(2)}},
	},
	refused: []refusedCommand{
		{send(), "content.text:"},
		{edited(), "content.text:"},
		{Edit{Channel: testChannel, Seq: 1, Content: Content{Attachments: []Attachment{}}}, "content.text:"},
		{send(several(MaxAttachments + 1)...), "content.attachments: there are 11"},
		{send(Attachment{Ticket: "t"}), "content.attachments.0.id:"},
		{send(Attachment{ID: mediaID("A"), Ticket: "t"}), "content.attachments.0.id:"},
		{send(Attachment{ID: mediaID("a") + "a", Ticket: "t"}), "content.attachments.0.id:"},
		{send(Attachment{ID: "../../../../../../../../..", Ticket: "t"}), "content.attachments.0.id:"},
		{send(append(several(2), several(1)...)...), "content.attachments.2.id:"},
		{send(Attachment{ID: mediaID("a")}), "content.attachments.0.ticket: is missing"},
		{send(Attachment{ID: mediaID("a"), Ticket: strings.Repeat("t", MaxTicketLen+1)}), "content.attachments.0.ticket: has"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Caption: strings.Repeat("a", MaxCaptionLen+1)}), "content.attachments.0.caption:"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Caption: "\x1b[2J"}), "content.attachments.0.caption:"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Caption: "\xff"}), "content.attachments.0.caption:"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Kind: AttachmentImage}), "content.attachments.0: may have only"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Name: "a.jpg"}), "content.attachments.0: may have only"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Size: 1}), "content.attachments.0: may have only"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Waveform: []byte{1}}), "content.attachments.0: may have only"},
		{send(Attachment{ID: mediaID("a"), Ticket: "t", Previews: []Preview{{}}}), "content.attachments.0: may have only"},
		{edited(several(1)...), "content.attachments.0.ticket: an edit cannot add"},
		{edited(Attachment{ID: mediaID("a")}, Attachment{ID: mediaID("a")}), "content.attachments.1.id:"},
		{edited(Attachment{ID: mediaID("a"), Name: "b"}), "content.attachments.0: may have only"},
	},
}

// TestAttachment_Validate shows which facts a message may have. A name must not be taken for
// another one, nor for a place.
func TestAttachment_Validate(t *testing.T) {
	for _, a := range []Attachment{goldenPhoto, goldenVoice} {
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	for what, change := range map[string]func(*Attachment){
		"persian":       func(a *Attachment) { a.Name = "می‌خواهم.txt" },
		"a family":      func(a *Attachment) { a.Name = "👩‍👩‍👧.png" },
		"a newer kind":  func(a *Attachment) { a.Kind = "model" },
		"a long name":   func(a *Attachment) { a.Name = strings.Repeat("x", MaxFileNameLen) },
		"no size":       func(a *Attachment) { a.Size = 0 },
		"a vendor type": func(a *Attachment) { a.Type = "application/vnd.oasis.opendocument.text" },
	} {
		a := goldenPhoto
		if change(&a); a.Validate() != nil {
			t.Errorf("%s: %v", what, a.Validate())
		}
	}
	for what, change := range map[string]func(*Attachment){
		"id":                                 func(a *Attachment) { a.ID = "a/../b" },
		"ticket":                             func(a *Attachment) { a.Ticket = "t" },
		"kind":                               func(a *Attachment) { a.Kind = "" },
		"name":                               func(a *Attachment) { a.Name = "" },
		"size, width, height, duration":      func(a *Attachment) { a.Size = -1 },
		"sha256":                             func(a *Attachment) { a.SHA256 = strings.Repeat("Z", 64) },
		"blurhash":                           func(a *Attachment) { a.Blurhash = "a b" },
		"waveform":                           func(a *Attachment) { a.Waveform = make([]byte, MaxWaveform+1) },
		"previews":                           func(a *Attachment) { a.Previews = []Preview{{Rendition: "small"}} },
		"type":                               func(a *Attachment) { a.Type = "text/html; charset=utf-8" },
		"attachment.caption":                 func(a *Attachment) { a.Caption = "\a" },
		"type\x00without a subtype":          func(a *Attachment) { a.Type = "image" },
		"type\x00with a line break":          func(a *Attachment) { a.Type = "image/png\r\nx:y" },
		"name\x00a path":                     func(a *Attachment) { a.Name = "../../etc/passwd" },
		"name\x00a path of Windows":          func(a *Attachment) { a.Name = `C:\x` },
		"name\x00this directory":             func(a *Attachment) { a.Name = "." },
		"name\x00the one above":              func(a *Attachment) { a.Name = ".." },
		"name\x00two lines":                  func(a *Attachment) { a.Name = "a\nb" },
		"name\x00turned around":              func(a *Attachment) { a.Name = "photo\u202egpj.exe" },
		"name\x00an isolate":                 func(a *Attachment) { a.Name = "a\u2067b" },
		"name\x00a mark of direction":        func(a *Attachment) { a.Name = "a\u200fb" },
		"name\x00something of no width":      func(a *Attachment) { a.Name = "a\u200bb" },
		"name\x00nothing to be seen":         func(a *Attachment) { a.Name = "\u3164" },
		"name\x00no UTF-8":                   func(a *Attachment) { a.Name = "\xff" },
		"name\x00too long":                   func(a *Attachment) { a.Name = strings.Repeat("x", MaxFileNameLen+1) },
		"kind\x00of more than one word":      func(a *Attachment) { a.Kind = "image video" },
		"previews\x00more than there can be": func(a *Attachment) { a.Previews = make([]Preview, maxPreviews+1) },
	} {
		a := goldenPhoto
		change(&a)
		member, _, _ := strings.Cut(what, "\x00")
		if err := a.Validate(); err == nil || !strings.HasPrefix(AsError(err, 0).Message, member+": ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestContent_Equal_attachments changes one member of an attachment at a time.
func TestContent_Equal_attachments(t *testing.T) {
	whole := goldenPhoto
	whole.Waveform, whole.Duration, whole.Animated = []byte{1}, 1, true
	album := func(a Attachment) Content { return Content{Text: "x", Attachments: []Attachment{a, goldenVoice}} }
	if !album(whole).Equal(album(whole)) || !(Content{Attachments: []Attachment{}}).Equal(Content{}) {
		t.Error("a content differs from itself")
	}
	for what, change := range map[string]func(*Attachment){
		"id":       func(a *Attachment) { a.ID = "b" },
		"ticket":   func(a *Attachment) { a.Ticket = "b" },
		"caption":  func(a *Attachment) { a.Caption = "b" },
		"kind":     func(a *Attachment) { a.Kind = "b" },
		"name":     func(a *Attachment) { a.Name = "b" },
		"type":     func(a *Attachment) { a.Type = "b" },
		"size":     func(a *Attachment) { a.Size++ },
		"sha256":   func(a *Attachment) { a.SHA256 = "b" },
		"width":    func(a *Attachment) { a.Width++ },
		"height":   func(a *Attachment) { a.Height++ },
		"blurhash": func(a *Attachment) { a.Blurhash = "b" },
		"duration": func(a *Attachment) { a.Duration++ },
		"waveform": func(a *Attachment) { a.Waveform = []byte{2} },
		"animated": func(a *Attachment) { a.Animated = false },
		"previews": func(a *Attachment) { a.Previews = a.Previews[:1] },
		"rest":     func(a *Attachment) { a.Rest = jsontext.Value(`{}`) },
	} {
		other := whole
		if change(&other); album(whole).Equal(album(other)) {
			t.Errorf("another %s makes no difference", what)
		}
	}
	if one := (Content{Text: "x", Attachments: []Attachment{whole}}); album(whole).Equal(one) {
		t.Error("one less makes no difference")
	}
	if turned := (Content{Text: "x", Attachments: []Attachment{goldenVoice, whole}}); album(whole).Equal(turned) {
		t.Error("another order makes no difference")
	}
}
