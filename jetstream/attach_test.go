package jetstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"natterjack/embed/embedtest"
	"natterjack/server/wire"
)

// office issues tickets and opens them. All nodes of a test share it, as real ones share the key.
type office struct {
	clock atomic.Int64
}

// slip is the content of a ticket of an office.
type slip struct {
	User, Channel string
	Upto          int64
	File          wire.Attachment
}

func (o *office) issue(user, channel string, file wire.Attachment) string {
	said, err := json.Marshal(slip{user, channel, o.clock.Load() + 10, file})
	if err != nil {
		panic(err)
	}
	text := base64.RawURLEncoding.EncodeToString(said)
	return text + "." + o.sign(text)
}

func (*office) sign(text string) string {
	mac := hmac.New(sha256.New, []byte("of-the-tests-only"))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Open implements [Attachments].
func (o *office) Open(user, channel, ticket string) (wire.Attachment, error) {
	text, signature, _ := strings.Cut(ticket, ".")
	said, err := base64.RawURLEncoding.DecodeString(text)
	var s slip
	if err != nil || !hmac.Equal([]byte(signature), []byte(o.sign(text))) || json.Unmarshal(said, &s) != nil || s.User != user {
		return wire.Attachment{}, wire.Errorf(wire.CodeInvalid, "ticket: is none of yours")
	}
	if s.Channel != channel {
		return wire.Attachment{}, wire.Errorf(wire.CodeInvalid, "ticket: is for another channel")
	}
	if o.clock.Load() >= s.Upto {
		return wire.Attachment{}, wire.Errorf(wire.CodeInvalid, "ticket: has expired")
	}
	return s.File, nil
}

// OpenPicture implements [Attachments].
func (o *office) OpenPicture(user, channel, ticket string) (wire.Picture, error) {
	f, err := o.Open(user, channel, ticket)
	return wire.Picture{ID: f.ID, Type: f.Type, Size: f.Size}, err
}

// file returns the facts about an uploaded file, another one for each letter.
func file(letter string, kind wire.AttachmentKind) wire.Attachment {
	return wire.Attachment{
		ID: strings.Repeat(letter, 26), Kind: kind, Name: letter + ".bin", Type: "application/octet-stream", Size: int64(letter[0]),
	}
}

// attach returns a message with files that a user has uploaded for it, each with its name as its
// caption.
func (o *office) attach(user string, send wire.Send, files ...wire.Attachment) wire.Send {
	for _, f := range files {
		send.Content.Attachments = append(send.Content.Attachments, wire.Attachment{
			ID: f.ID, Ticket: o.issue(user, send.Place(user), f), Caption: f.Name,
		})
	}
	return send
}

// captioned returns files as a message has them that [office.attach] made.
func captioned(files ...wire.Attachment) []wire.Attachment {
	for i := range files {
		files[i].Caption = files[i].Name
	}
	return files
}

var (
	picture = file("p", wire.AttachmentImage)
	paper   = file("q", wire.AttachmentFile)
	spoken  = file("v", wire.AttachmentVoice)
)

// TestAttachments sends files through a log. All members of the channel get the facts about them,
// and none gets a ticket.
func TestAttachments(t *testing.T) {
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	r, _ := follow(t, l, "bob", nil)
	sent := mustSend(t, l, "alice", o.attach("alice", text("bob", "c1", ""), picture, paper))
	want := captioned(picture, paper)
	for what, events := range map[string][]wire.Event{"page": page(t, l, sent.Channel), "live": messages(t, r.readTo(t, "c1"))} {
		if len(events) != 1 || !cmp.Equal(events[0].Content, &wire.Content{Attachments: want}) {
			t.Errorf("%s: %+v", what, events)
		}
	}
	mustSend(t, l, "alice", wire.Edit{Channel: sent.Channel, Seq: 1, Content: wire.Content{Text: "one only", Attachments: []wire.Attachment{{ID: paper.ID}}}})
	bare := paper
	bare.Caption = ""
	if got := page(t, l, sent.Channel)[0].Content; !cmp.Equal(got, &wire.Content{Text: "one only", Attachments: []wire.Attachment{bare}}) {
		t.Errorf("edited: %+v", got)
	}
	forward := wire.Forward{To: "carol", ClientID: "f", From: wire.ChannelSeq{Channel: sent.Channel, Seq: 1}}
	if _, err := l.Answer(t.Context(), "bob", forward); err != nil {
		t.Fatal(err)
	}
	if got, err := l.MayRead(t.Context(), "carol", "bob~carol", 1, paper.ID); err != nil || !cmp.Equal(got, bare) {
		t.Errorf("forwarded: %+v, %v", got, err)
	}
	mustSend(t, l, "alice", wire.Delete{Channel: sent.Channel, Seq: 1})
	if got := page(t, l, sent.Channel)[0]; got.Content != nil {
		t.Errorf("deleted: %+v", got)
	}
	if _, err := l.MayRead(t.Context(), "carol", "bob~carol", 1, paper.ID); err != nil {
		t.Errorf("the forwarded message went with the first: %v", err)
	}
}

// TestAttachments_refused shows why a ticket is not taken, through the node that writes the
// channel and through the others. Nothing is stored.
func TestAttachments_refused(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	o := new(office)
	good := func() wire.Send { return o.attach("alice", text("bob", "c1", "look"), picture) }
	change := func(f func(a *wire.Attachment)) func() wire.Send {
		return func() wire.Send {
			s := good()
			f(&s.Content.Attachments[0])
			return s
		}
	}
	for i, l := range logs {
		_, err := l.Change(t.Context(), "alice", good())
		if !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) || !strings.Contains(err.Error(), "stores no media") {
			t.Errorf("node %d, without media: %v", i, err)
		}
		l.TakeAttachments(o)
	}
	for name, c := range map[string]struct {
		send func() wire.Send
		says string
	}{
		"another user's":    {change(func(a *wire.Attachment) { a.Ticket = o.issue("bob", "alice~bob", picture) }), "0.ticket: is none of yours"},
		"tampered":          {change(func(a *wire.Attachment) { a.Ticket = "x" + a.Ticket }), "0.ticket: is none of yours"},
		"another channel's": {change(func(a *wire.Attachment) { a.Ticket = o.issue("alice", "alice~carol", picture) }), "0.ticket: is for another channel"},
		"another file's":    {change(func(a *wire.Attachment) { a.ID = paper.ID }), "0.ticket: is for another file; give id and ticket of the same file"},
		"of an odd name": {change(func(a *wire.Attachment) {
			a.Ticket = o.issue("alice", "alice~bob", wire.Attachment{ID: picture.ID, Kind: "file", Name: "a/b"})
		}), "0.name:"},
		"the second": {func() wire.Send {
			s := o.attach("alice", good(), paper)
			s.Content.Attachments[1].Ticket = "guessed"
			return s
		}, "1.ticket: is none of yours"},
		"expired": {func() wire.Send {
			s := good()
			o.clock.Add(10)
			return s
		}, "0.ticket: has expired"},
	} {
		for i, l := range logs {
			_, err := l.Change(t.Context(), "alice", c.send())
			if !errors.Is(err, &wire.Error{Code: wire.CodeInvalid}) || !strings.Contains(err.Error(), "content.attachments."+c.says) {
				t.Errorf("%s, node %d: %v", name, i, err)
			}
		}
	}
	for i, l := range logs {
		if st, err := l.view.Channel("alice~bob"); st.Exists() || err != nil {
			t.Errorf("node %d: something was stored: %+v, %v", i, st, err)
		}
	}
}

// TestAttachments_retry shows that the retry of a stored message gets its ack through every node,
// also when its tickets have expired, when they are others, and when the server stores no media
// any more. Another message under the same client id is a conflict.
func TestAttachments_retry(t *testing.T) {
	t.Parallel()
	_, logs, _ := cluster(t)
	o := new(office)
	for _, l := range logs {
		l.TakeAttachments(o)
	}
	send := o.attach("alice", text("bob", "c1", "look"), picture, paper)
	first := mustSend(t, logs[0], "alice", send)
	again := func(what string, send wire.Send) {
		t.Helper()
		for i, l := range logs {
			if ack, err := insist(t.Context(), l, "alice", send); err != nil || ack != first {
				t.Errorf("%s, node %d: %+v, %v, want %+v", what, i, ack, err, first)
			}
		}
	}
	again("the same tickets", send)
	again("other tickets", o.attach("alice", text("bob", "c1", "look"), picture, paper))
	o.clock.Add(10)
	again("expired tickets", send)
	for i, l := range logs {
		other := o.attach("alice", text("bob", "c1", "look"), picture)
		if _, err := l.Change(t.Context(), "alice", other); !errors.Is(err, &wire.Error{Code: wire.CodeConflict}) {
			t.Errorf("node %d, another message: %v", i, err)
		}
		l.delivery.tickets.by.Store(nil)
	}
	again("no media", send)
}

// TestAttachments_rebuilt shows that a view which is made anew from the log has the same messages.
func TestAttachments_rebuilt(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	l, stop := start(t, node, t.TempDir(), 1)
	o := new(office)
	l.TakeAttachments(o)
	for i := range 3 {
		mustSend(t, l, "alice", o.attach("alice", text("bob", fmt.Sprint("c", i), ""), picture, paper, spoken))
	}
	mustSend(t, l, "alice", wire.Edit{Channel: "alice~bob", Seq: 2, ClientID: "e", Content: wire.Content{Text: "x", Attachments: []wire.Attachment{{ID: spoken.ID}}}})
	mustSend(t, l, "alice", wire.Delete{Channel: "alice~bob", Seq: 3, ClientID: "d"})
	before, known := page(t, l, "alice~bob"), knownOf(t, l)
	stop()
	l, _ = start(t, node, t.TempDir(), 1)
	if diff := cmp.Diff(before, page(t, l, "alice~bob"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	want := known
	want.Named, want.ByAlice, want.ByChannel = []string{picture.ID, paper.ID, spoken.ID}, picture.Size+paper.Size+spoken.Size, picture.Size+paper.Size+spoken.Size
	for what, got := range map[string]knownMedia{"lived": known, "read": knownOf(t, l)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// knownMedia holds the files, known to a log, that alice has sent to bob.
type knownMedia struct {
	Named              []string
	ByAlice, ByChannel int64
	Gallery            wire.Frame
}

func knownOf(t *testing.T, l *Log) (k knownMedia) {
	t.Helper()
	var err [4]error
	k.Gallery, err[0] = l.Answer(t.Context(), "bob", wire.ListMedia{Channel: "alice~bob"})
	k.Named, err[1] = l.MediaAfter("", 9)
	k.ByAlice, err[2] = l.UsedByUser("alice")
	k.ByChannel, err[3] = l.UsedByChannel("alice~bob")
	if err := errors.Join(err[:]...); err != nil {
		t.Fatal(err)
	}
	return k
}

// TestGallery pages through the attachments and links of a channel, each kind by itself, as they
// are now.
func TestGallery(t *testing.T) {
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	mustSend(t, l, "alice", o.attach("alice", text("bob", "c1", "at https://a.example/b, and http://c.example"), picture, paper))
	mustSend(t, l, "bob", text("alice", "c2", "plain"))
	mustSend(t, l, "bob", o.attach("bob", text("alice", "c3", ""), spoken))
	mustSend(t, l, "alice", o.attach("alice", text("bob", "c4", ""), file("x", wire.AttachmentVideo)))
	mustSend(t, l, "alice", o.attach("alice", text("bob", "c5", ""), file("y", wire.AttachmentImage)))
	mustSend(t, l, "alice", wire.Edit{Channel: "alice~bob", Seq: 1, Content: wire.Content{
		Text: "at https://a.example/b", Attachments: []wire.Attachment{{ID: paper.ID}, {ID: picture.ID}},
	}})
	mustSend(t, l, "alice", wire.Delete{Channel: "alice~bob", Seq: 5})
	for kind, want := range map[wire.GalleryKind]string{
		"":                 "4.0:x.bin 3.0:v.bin 1.0:q.bin 1.1:p.bin 1.2:https://a.example/b",
		wire.GalleryImages: "4.0:x.bin 1.1:p.bin",
		wire.GalleryFiles:  "1.0:q.bin",
		wire.GalleryVoice:  "3.0:v.bin",
		wire.GalleryLinks:  "1.2:https://a.example/b",
	} {
		for limit := range 6 {
			var got []string
			for ask := (wire.ListMedia{Channel: "alice~bob", Kind: kind, Limit: limit}); ; {
				f, err := l.Answer(t.Context(), "bob", ask)
				if err != nil {
					t.Fatal(err)
				}
				g := f.(wire.Gallery)
				for _, item := range g.Items {
					name := item.Link
					if item.Attachment != nil {
						name = item.Attachment.Name
					}
					got = append(got, fmt.Sprintf("%d.%d:%s", item.Seq, item.Index, name))
				}
				if limit > 0 && len(g.Items) > limit {
					t.Errorf("%q: %d items, at most %d were asked for", kind, len(g.Items), limit)
				}
				if ask.Before = g.Next; g.Next == (wire.MediaPlace{}) {
					break
				}
			}
			if all := strings.Join(got, " "); all != want {
				t.Errorf("%q, %d at a time:\ngot  %s\nwant %s", kind, limit, all, want)
			}
		}
	}
	if _, err := l.Answer(t.Context(), "carol", wire.ListMedia{Channel: "alice~bob"}); !errors.Is(err, &wire.Error{Code: wire.CodeForbidden}) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestAttachments_level shows that a log which an older node may write has no attachments yet.
func TestAttachments_level(t *testing.T) {
	t.Parallel()
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	l.dialect.log.Store(attachmentLevel - 1)
	if _, err := l.Change(t.Context(), "alice", o.attach("alice", text("bob", "c1", ""), picture)); !errors.Is(err, &wire.Error{Code: wire.CodeUnavailable}) {
		t.Errorf("%v", err)
	}
	mustSend(t, l, "alice", text("bob", "c2", "plain"))
	l.dialect.log.Store(attachmentLevel)
	mustSend(t, l, "alice", o.attach("alice", text("bob", "c1", ""), picture))
}

// TestMayRead asks for an attachment as everybody. A file that a user may not see gets the same
// answer as a file that does not exist.
func TestMayRead(t *testing.T) {
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	group, err := l.CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob", "cem", "hid"}})
	if err != nil {
		t.Fatal(err)
	}
	id := group.ID
	mustSend(t, l, "own", o.attach("own", wire.Send{Channel: id, ClientID: "c1"}, picture))
	mustSend(t, l, "own", in(id, "c2", "plain"))
	mustSend(t, l, "own", o.attach("own", wire.Send{Channel: id, ClientID: "c3"}, paper))
	mustSend(t, l, "own", wire.Delete{Channel: id, Seq: 3})
	mustSend(t, l, "own", wire.AddMembers{Channel: id, Members: []string{"lat"}})
	mustSend(t, l, "own", wire.RemoveMember{Channel: id, User: "cem"})
	mustSend(t, l, "hid", wire.Set{Name: wire.SettingHide + id + "/1", Value: "1"})
	for _, c := range []struct {
		user, channel string
		seq           uint64
		media         string
		may           bool
	}{
		{"own", id, 1, picture.ID, true},
		{"bob", id, 1, picture.ID, true},
		{"hid", id, 1, picture.ID, false},
		{"lat", id, 1, picture.ID, false},
		{"cem", id, 1, picture.ID, false},
		{"eve", id, 1, picture.ID, false},
		{"bob", id, 1, paper.ID, false},
		{"bob", id, 2, picture.ID, false},
		{"bob", id, 3, paper.ID, false},
		{"bob", id, 99, picture.ID, false},
		{"bob", id, 0, picture.ID, false},
		{"eve", "gaaaaaaaaaaaaaaaaaaaaaaaa", 1, picture.ID, false},
		{"eve", "bob~own", 1, picture.ID, false},
		{"bob", "bob~own", 1, picture.ID, false},
	} {
		got, err := l.MayRead(t.Context(), c.user, c.channel, c.seq, c.media)
		switch {
		case c.may && (err != nil || !cmp.Equal(got, captioned(picture)[0])):
			t.Errorf("%+v: %+v, %v", c, got, err)
		case !c.may && (!cmp.Equal(got, wire.Attachment{}) || err == nil || err.Error() != noMedia().Error()):
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
}

// TestLog_MayPost asks where a user may upload a file.
func TestLog_MayPost(t *testing.T) {
	l := alone(t)
	group, err := l.CreateGroup(t.Context(), "own", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob", "rea"}})
	if err != nil {
		t.Fatal(err)
	}
	mustSend(t, l, "own", wire.SetRole{Channel: group.ID, User: "rea", Role: wire.RoleReader})
	mustSend(t, l, "own", wire.Set{Name: wire.SettingBlock + "mal", Value: "1"})
	for _, c := range []struct {
		user, channel string
		may           bool
	}{
		{"own", group.ID, true},
		{"bob", group.ID, true},
		{"rea", group.ID, false},
		{"eve", group.ID, false},
		{"own", "bob~own", true}, // there is no such channel yet
		{"own", "own~own", true},
		{"eve", "bob~own", false},
		{"mal", "mal~own", false},
		{"own", "mal~own", false},
		{"own", "~own", false},
		{"eve", "gaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if err := l.MayPost(t.Context(), c.user, c.channel); (err == nil) != c.may {
			t.Errorf("%s in %s: %v", c.user, c.channel, err)
		}
	}
}

// TestUsedByUser_work shows that a user who has very many files pays for adding them up.
func TestUsedByUser_work(t *testing.T) {
	l, o := alone(t), new(office)
	l.TakeAttachments(o)
	for files := 0; files < filesPerCommand; {
		var some []wire.Attachment
		for range wire.MaxAttachments {
			f := file("a", wire.AttachmentFile)
			f.ID = strings.Map(func(digit rune) rune { return digit - '0' + 'a' }, fmt.Sprintf("%026d", files))
			some, files = append(some, f), files+1
		}
		mustSend(t, l, "alice", o.attach("alice", text("bob", fmt.Sprint(files), ""), some...))
	}
	if err := l.AwaitLevel(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.rates = newRates(wire.Limits{UserCommandsPerS: 1})
	for range 6 {
		for _, user := range []string{"alice", "bob"} {
			if _, err := l.UsedByUser(user); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Charge("bob"); err != nil {
		t.Errorf("a user without files: %v", err)
	}
	if err := l.Charge("alice"); !errors.Is(err, &wire.Error{Code: wire.CodeTooFast}) {
		t.Errorf("after all files were added up six times: %v", err)
	}
}
