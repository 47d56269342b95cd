package media

import (
	"bytes"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"natterjack/jetstream/uploads"
	"natterjack/server/wire"
)

// picturing returns the command for a picture of a channel.
func picturing(file []byte, channel string) wire.ReserveUpload {
	c := reserving(file, "Holiday in Berlin.jpg")
	c.Channel, c.Purpose = channel, wire.ForPicture
	return c
}

// depict uploads a picture for a channel, and returns what complete_upload answers.
func depict(t *testing.T, n *node, user, channel string, file []byte) wire.Attached {
	t.Helper()
	up := must[wire.Upload](t, n, user, picturing(file, channel))
	upload(t, &up, file)
	return must[wire.Attached](t, n, user, wire.CompleteUpload{Media: up.Media})
}

// read reads a picture as a user, or returns nil if the user may not see it.
func readPicture(t *testing.T, n *node, user, id string, as wire.Rendition) (file []byte, header http.Header, url string) {
	t.Helper()
	all := must[wire.Pictures](t, n, user, wire.GetPictures{IDs: []string{id}, Rendition: as}).Pictures
	if len(all) == 0 {
		return nil, nil, ""
	}
	status, file, header := request(t, http.MethodGet, all[0].URL, nil, nil)
	if status != http.StatusOK || all[0].ID != id {
		t.Fatalf("%s: %d", all[0].ID, status)
	}
	return file, header, all[0].URL
}

// TestPicture follows a picture from its user to others.
func TestPicture(t *testing.T) {
	w := newWorld(t)
	n, other := w.node(t), w.node(t)
	file := photo(t, 900, 600)
	got := depict(t, n, "alice", "~alice", file)
	p, err := other.OpenPicture("alice", "~alice", got.Ticket)
	if err != nil || p.ID != got.Attachment.ID || p.Type != "image/jpeg" || p.Size == 0 || p.Blurhash == "" || p.Validate() != nil {
		t.Fatalf("%+v, %v", p, err)
	}
	if file, _, _ := readPicture(t, n, "bob", p.ID, ""); file != nil {
		t.Error("bob reads a picture that nobody has set")
	}
	w.log.mu.Lock()
	w.log.pictures = []string{p.ID}
	w.log.mu.Unlock()
	if file, _, _ := readPicture(t, n, "mallory", p.ID, ""); file != nil {
		t.Error("mallory reads a picture that they may not see")
	}
	for as, side := range map[wire.Rendition]int{"": 64, wire.RenditionSmall: 64, wire.RenditionLarge: 256} {
		read, header, url := readPicture(t, other, "bob", p.ID, as)
		m, err := jpeg.Decode(bytes.NewReader(read))
		if err != nil || m.Bounds() != image.Rect(0, 0, side, side) || bytes.Contains(read, []byte("GPS")) {
			t.Errorf("%q: %v, %v", as, m.Bounds(), err)
		}
		if as == wire.RenditionLarge && int64(len(read)) != p.Size {
			t.Errorf("%d bytes are said to be %d", len(read), p.Size)
		}
		if header.Get("Content-Type") != "image/jpeg" || header.Get("Cache-Control") != pictureCache || !strings.HasPrefix(header.Get("Content-Disposition"), "inline") ||
			strings.Contains(header.Get("Content-Disposition"), "Berlin") {
			t.Errorf("%q: %v", as, header)
		}
		if _, _, again := readPicture(t, other, "carol", p.ID, as); again != url {
			t.Errorf("%q: the URL is another one for each user, so browsers cannot keep the picture", as)
		}
	}
	for o, err := range n.store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if o.Key != storedKey(p.ID, wire.RenditionOriginal) && o.Key != storedKey(p.ID, wire.RenditionSmall) && !sealed(o) {
			t.Errorf("storage has kept %s", o.Key)
		}
	}
	if again := depict(t, other, "alice", "~alice", file); again.Attachment.ID != p.ID {
		t.Error("the same file is uploaded twice")
	}
}

// TestPicture_purposes shows that the ticket of a picture attaches nothing, and the other way
// round, and that a file has one id for each purpose.
func TestPicture_purposes(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 300, 300)
	own, ofGroup, message := depict(t, n, "alice", "~alice", file), depict(t, n, "alice", group, file), attach(t, n, file, "Holiday in Berlin.jpg")
	if own.Attachment.ID == ofGroup.Attachment.ID || own.Attachment.ID == message.Attachment.ID {
		t.Error("files of different purposes have one id")
	}
	for name, err := range map[string]error{
		"a picture as an attachment":   second(n.Open("alice", "~alice", own.Ticket)),
		"an attachment as a picture":   second(n.OpenPicture("alice", "alice~bob", message.Ticket)),
		"a picture of another channel": second(n.OpenPicture("alice", "~alice", ofGroup.Ticket)),
		"the picture of another user":  second(n.OpenPicture("bob", "~alice", own.Ticket)),
		"a made-up ticket":             second(n.OpenPicture("alice", "~alice", "x"+own.Ticket)),
	} {
		refuses(t, name, err, wire.CodeInvalid)
	}
	for _, c := range []struct{ user, channel string }{{"bob", "~alice"}, {"bob", group}, {"mallory", "alice~bob"}, {"alice", "alice~bob"}} {
		_, err := ask[wire.Upload](t, n, c.user, picturing(file, c.channel))
		refuses(t, c.user+" for "+c.channel, err, wire.CodeForbidden)
	}
}

func second[T any](_ T, err error) error { return err }

// TestPicture_refused shows that a file which is no picture that can be decoded here is refused for
// good, and leaves nothing.
func TestPicture_refused(t *testing.T) {
	n := newWorld(t).node(t)
	whole := photo(t, 300, 300)
	for name, file := range map[string][]byte{
		"SVG":     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"HTML":    []byte("<!DOCTYPE html><html><body>hi</body></html>"),
		"text":    []byte("just words"),
		"cut off": whole[:len(whole)/2],
		"HEIC":    append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 100)...),
		"bomb":    append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00"), make([]byte, 50)...),
	} {
		up := must[wire.Upload](t, n, "alice", picturing(file, "~alice"))
		upload(t, &up, file)
		for range 2 {
			_, err := ask[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
			refuses(t, name, err, wire.CodeInvalid)
			if err != nil && !strings.Contains(err.Error(), "take a JPEG, PNG, GIF or WebP file") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if r := n.records.Of(up.Media); r == nil || r.State != uploads.Refused {
			t.Errorf("%s: the record is %+v", name, r)
		}
	}
	for o, err := range n.store.List(t.Context(), "") {
		if err != nil || !sealed(o) {
			t.Errorf("storage has kept %s, %v", o.Key, err)
		}
	}
}
