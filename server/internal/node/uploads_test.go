package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"natterjack/server/wire"
)

// upload uploads a file of a user's to a channel and sends it there. It returns the message's seq
// and the id of the file.
func (s *stage) upload(t *testing.T, user, channel string, file []byte) (seq uint64, media string) {
	t.Helper()
	done := s.store(t, user, channel, wire.ForMessage, file)
	ack := s.must(t, user, fmt.Sprintf(`{"type":"send","channel":%q,"client_id":"with-file","content":{"text":"","attachments":[{"id":%q,"ticket":%q}]}}`,
		channel, done.Attachment.ID, done.Ticket)).(wire.Ack)
	return ack.Seq, done.Attachment.ID
}

// store uploads a file of a user's for a channel.
func (s *stage) store(t *testing.T, user, channel string, purpose wire.Purpose, file []byte) wire.Attached {
	t.Helper()
	sum := sha256.Sum256(file)
	up := s.must(t, user, fmt.Sprintf(`{"type":"reserve_upload","channel":%q,"client_id":"u-1","name":"toad.txt","size":%d,"sha256":%q,"purpose":%q}`,
		channel, len(file), hex.EncodeToString(sum[:]), purpose)).(wire.Upload)
	req, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range up.Headers {
		req.Header.Set(name, value)
	}
	if status, body := do(t, req); status != http.StatusOK {
		t.Fatalf("upload: %d %s", status, body)
	}
	return s.must(t, user, `{"type":"complete_upload","media":"`+up.Media+`"}`).(wire.Attached)
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestEveryFileByEverybody asks for a file that exists, as every actor and on every surface. A
// user who may not see it gets the same answer as for a guess, in every operation.
func TestEveryFileByEverybody(t *testing.T) {
	s := newStage(t)
	seq, media := s.upload(t, "own", s.group, []byte("croak"))
	for _, op := range []struct {
		cmd          wire.Command
		frame, group string
	}{
		{wire.GetMedia{}, `{"channel":"CH","seq":SEQ,"media":"MEDIA"}`, "+ + + + + n n n n"},
		{wire.GetMedia{}, `{"channel":"CH","seq":SEQ,"media":"MEDIA","rendition":"small"}`, "n n n n n n n n n"}, // a text has none
		{wire.GetMedia{}, `{"channel":"CH","seq":1,"media":"MEDIA"}`, "n n n n n n n n n"},
		{wire.ResumeUpload{}, `{"media":"MEDIA"}`, "+ n n n n n n n n"},
		{wire.CompleteUpload{}, `{"media":"MEDIA"}`, "+ n n n n n n n n"},
	} {
		frame := strings.NewReplacer("SEQ", fmt.Sprint(seq), "MEDIA", media).Replace(op.frame)
		for name, ask := range s.surfaces(wire.OperationOf(op.cmd).Asker) {
			s.compare(t, name+" "+op.cmd.Type()+" "+op.frame, actors, strings.Fields(op.group), func(user string) string {
				return ask(t, user, s.fill(op.cmd.Type(), frame, user, s.group))
			})
		}
	}
	u := s.must(t, "mem", fmt.Sprintf(`{"type":"get_media","channel":%q,"seq":%d,"media":%q}`, s.group, seq, media)).(wire.MediaURL)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := do(t, req); status != http.StatusOK || body != "croak" {
		t.Errorf("%d %q", status, body)
	}
	// A user who is removed gets no new link, at once.
	s.must(t, "own", fmt.Sprintf(`{"type":"remove_member","channel":%q,"user":"rea"}`, s.group))
	e, ok := s.post(t, "rea", fmt.Sprintf(`{"type":"get_media","channel":%q,"seq":%d,"media":%q}`, s.group, seq, media)).(*wire.Error)
	if !ok || !errors.Is(e, &wire.Error{Code: wire.CodeNotFound}) {
		t.Errorf("after the removal: %v", e)
	}
	// A deleted message gives nothing any more, at once.
	s.must(t, "own", fmt.Sprintf(`{"type":"delete","channel":%q,"seq":%d}`, s.group, seq))
	e, ok = s.post(t, "mem", fmt.Sprintf(`{"type":"get_media","channel":%q,"seq":%d,"media":%q}`, s.group, seq, media)).(*wire.Error)
	if !ok || !errors.Is(e, &wire.Error{Code: wire.CodeNotFound}) {
		t.Errorf("after the deletion: %v", e)
	}
}

// TestEveryPictureByEverybody asks for pictures that exist, as every actor and on every surface:
// that of a user is for everybody, that of a group for its members, and one that was replaced for
// nobody.
func TestEveryPictureByEverybody(t *testing.T) {
	s := newStage(t)
	set := func(user, channel, format string, shade byte) string {
		t.Helper()
		done := s.store(t, user, channel, wire.ForPicture, dot(t, shade))
		s.must(t, user, fmt.Sprintf(format, fmt.Sprintf(`"picture":{"id":%q,"ticket":%q}`, done.Attachment.ID, done.Ticket)))
		return done.Attachment.ID
	}
	const ofUser, ofGroup = `{"type":"set_profile",%s}`, `{"type":"update_channel","channel":"CH",%s}`
	before := set("own", "~own", ofUser, 1)
	own := set("own", "~own", ofUser, 2)
	group := set("adm", s.group, strings.Replace(ofGroup, "CH", s.group, 1), 3)
	unset := s.store(t, "own", "~own", wire.ForPicture, dot(t, 4)).Attachment.ID
	for ids, want := range map[string]string{
		own: "1 1 1 1 1 1 1 1 1", group: "1 1 1 1 1 0 0 0 0", before: "0 0 0 0 0 0 0 0 0", unset: "0 0 0 0 0 0 0 0 0",
		own + `","` + group + `","` + before: "2 2 2 2 2 1 1 1 1",
	} {
		for name, ask := range s.surfaces(wire.ByAnybody) {
			s.compare(t, name+" "+ids, actors, strings.Fields(want), func(user string) string {
				return ask(t, user, `{"type":"get_pictures","ids":["`+ids+`"]}`)
			})
		}
	}
	for frame, want := range map[string]string{
		`{"channel":"CH"`:      "+ + r r + f f f f",
		`{"channel":"~own"`:    "+ f f f f f f f f",
		`{"channel":"mem~own"`: "i f i f f f f f f", // a direct channel has no picture
	} {
		frame += `,"client_id":"p","name":"x","size":1,"purpose":"picture","sha256":"` + strings.Repeat("0", 64) + `"}`
		for name, ask := range s.surfaces(wire.ByAnybody) {
			s.compare(t, name+" "+frame, actors, strings.Fields(want), func(user string) string {
				return ask(t, user, s.fill("reserve_upload", frame, user, s.group))
			})
		}
	}
	url := s.must(t, "never", `{"type":"get_pictures","ids":["`+own+`"],"rendition":"large"}`).(wire.Pictures).Pictures[0].URL
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := do(t, req)
	if m, err := jpeg.Decode(strings.NewReader(body)); status != http.StatusOK || err != nil || m.Bounds() != image.Rect(0, 0, 9, 9) {
		t.Errorf("%d, %v", status, err)
	}
	info := s.must(t, "mem", `{"type":"get_channel","channel":"`+s.group+`"}`).(wire.Channel).Channel
	if info.Picture == nil || info.Picture.ID != group || info.Picture.Ticket != "" || info.Picture.Blurhash == "" {
		t.Errorf("the group has %+v", info.Picture)
	}
	used := s.must(t, "adm", `{"type":"get_storage","channel":"`+s.group+`"}`).(wire.Storage)
	if used.User.Used != info.Picture.Size || used.Channel.Used != info.Picture.Size {
		t.Errorf("a picture of %d bytes takes %d of the room of the user, %d of that of the group", info.Picture.Size, used.User.Used, used.Channel.Used)
	}
}

// dot returns a small picture.
func dot(t *testing.T, shade byte) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 12, 9))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Without storage the operations say so, and a retry is not asked for.
func TestRun_withoutStorage(t *testing.T) {
	cfg := load(t)
	cfg.Media.Off = true
	a, _ := start(t, cfg)
	token := signIn(t, a, "alice")
	for _, frame := range []string{
		`{"type":"reserve_upload","channel":"alice~bob","client_id":"c","name":"x","size":1,"sha256":"` + strings.Repeat("0", 64) + `"}`,
		`{"type":"get_media","channel":"alice~bob","seq":1,"media":"` + strings.Repeat("a", 26) + `"}`,
		`{"type":"get_pictures","ids":["` + strings.Repeat("a", 26) + `"]}`,
	} {
		_, body := post(t, a.HTTP+wire.PathFrames, frame, "Authorization", "Bearer "+token)
		e, ok := decode(t, []byte(strings.TrimSpace(body))).(*wire.Error)
		if !ok || e.Code != wire.CodeUnavailable || e.Retryable {
			t.Errorf("%s: %s", frame, body)
		}
	}
}
