package media

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

// TestMedia_photo follows a photo from its sender to its reader.
func TestMedia_photo(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 1600, 1200)
	got := attach(t, n, file, "../../etc/toad\u202egpj.exe")
	a := got.Attachment
	if a.Kind != wire.AttachmentImage || a.Type != "image/jpeg" || a.Width != 1600 || a.Height != 1200 || a.Blurhash == "" || len(a.Previews) != 2 {
		t.Errorf("%+v", a)
	}
	if strings.ContainsAny(a.Name, "/\u202e") || !strings.HasSuffix(a.Name, ".jpg") {
		t.Errorf("the name is %q", a.Name)
	}
	opened, err := n.Open("alice", "alice~bob", got.Ticket)
	if diff := cmp.Diff(a, opened); err != nil || diff != "" {
		t.Errorf("%v (-attachment +ticket):\n%s", err, diff)
	}
	seq := n.log.send(a)
	read, header := fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: a.ID})
	if hashOf(read) != a.SHA256 || bytes.Contains(read, []byte("GPS")) || len(read) >= len(file) {
		t.Errorf("%d bytes; GPS %v", len(read), bytes.Contains(read, []byte("GPS")))
	}
	for name, want := range map[string]string{"Content-Type": "image/jpeg", "Cache-Control": cacheControl} {
		if header.Get(name) != want {
			t.Errorf("%s: %q", name, header.Get(name))
		}
	}
	if d := header.Get("Content-Disposition"); !strings.HasPrefix(d, "inline; ") {
		t.Errorf("Content-Disposition: %q", d)
	}
	small, _ := fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: a.ID, Rendition: wire.RenditionSmall})
	large, header := fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: a.ID, Rendition: wire.RenditionLarge, Download: true})
	if len(small) == 0 || len(small) >= len(large) || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment; ") {
		t.Errorf("previews of %d and %d bytes, %q", len(small), len(large), header.Get("Content-Disposition"))
	}
	if o, _ := n.store.Stat(t.Context(), uploadKey(a.ID)); o.Size > 0 {
		t.Error("the upload is still there")
	}
}

// TestMedia_idempotent shows that every command may be repeated, on another node too, and by both
// at once.
func TestMedia_idempotent(t *testing.T) {
	w := newWorld(t)
	one, two := w.node(t), w.node(t)
	file := photo(t, 64, 64)
	up := must[wire.Upload](t, one, "alice", reserving(file, "toad.jpg"))
	if again := must[wire.Upload](t, two, "alice", reserving(file, "toad.jpg")); again.Media != up.Media || again.URL == "" {
		t.Errorf("%+v, then %+v", up, again)
	}
	_, err := ask[wire.Attached](t, one, "alice", wire.CompleteUpload{Media: up.Media})
	refuses(t, "complete before the upload", err, wire.CodeInvalid)
	upload(t, &up, file)
	for _, cmd := range []wire.Command{reserving(file, "toad.jpg"), wire.ResumeUpload{Media: up.Media}} {
		if again := must[wire.Upload](t, two, "alice", cmd); !again.Stored || again.URL != "" {
			t.Errorf("%s after the upload: %+v", cmd.Type(), again)
		}
	}
	answers := make([]wire.Attached, 8)
	var asking sync.WaitGroup
	for i, n := range []*node{one, two, one, two, one, two, one, two} {
		asking.Go(func() {
			f, err := ask[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
			if answers[i] = f; err != nil {
				t.Errorf("complete: %v", err)
			}
		})
	}
	asking.Wait()
	for _, a := range answers[1:] {
		if diff := cmp.Diff(answers[0], a); diff != "" {
			t.Errorf("two answers differ:\n%s", diff)
		}
	}
	if status, _, _ := request(t, up.Method, up.URL, up.Headers, []byte("not the same")); status == http.StatusOK {
		t.Error("the URL takes other bytes")
	}
	if again := must[wire.Upload](t, two, "alice", reserving(file, "toad.jpg")); !again.Stored {
		t.Errorf("reserved again when ready: %+v", again)
	}
}

// TestMedia_strangers shows that users learn nothing of the uploads and files of others.
func TestMedia_strangers(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 64, 64)
	done := attach(t, n, file, "toad.jpg")
	media, guess := done.Attachment.ID, strings.Repeat("a", 26)
	seq := n.log.send(done.Attachment)
	for _, cmd := range []func(id string) wire.Command{
		func(id string) wire.Command { return wire.ResumeUpload{Media: id} },
		func(id string) wire.Command { return wire.CompleteUpload{Media: id} },
		func(id string) wire.Command { return wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: id} },
	} {
		_, known := n.table.Answer(t.Context(), caller("mallory"), cmd(media))
		_, guessed := n.table.Answer(t.Context(), caller("mallory"), cmd(guess))
		if diff := cmp.Diff(known, guessed); diff != "" || !errors.Is(known, &wire.Error{Code: wire.CodeNotFound}) {
			t.Errorf("%s: %v, and for a guess %v", cmd(media).Type(), known, guessed)
		}
	}
	if _, err := n.Open("mallory", "alice~bob", done.Ticket); err == nil {
		t.Error("mallory's message may have the file")
	}
	if _, err := n.Open("alice", "alice~carol", done.Ticket); err == nil {
		t.Error("the ticket is good for another channel")
	}
	fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: media})
	n.log.leave()
	_, err := ask[wire.MediaURL](t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: seq, Media: media})
	refuses(t, "after he left", err, wire.CodeNotFound)
	_, err = ask[wire.Upload](t, n, "mallory", reserving(file, "x"))
	refuses(t, "reserve elsewhere", err, wire.CodeForbidden)
}

// TestMedia_lies uploads bytes that were not reserved.
func TestMedia_lies(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 64, 64)
	up := must[wire.Upload](t, n, "alice", reserving(file, "toad.jpg"))
	other := bytes.Repeat([]byte("x"), len(file))
	for what, try := range map[string]struct {
		header map[string]string
		body   []byte
	}{
		"another file":    {up.Headers, other},
		"a longer file":   {up.Headers, append(bytes.Clone(file), 'x')},
		"a shorter file":  {up.Headers, file[1:]},
		"no headers":      {nil, file},
		"another type":    {with(up.Headers, "Content-Type", "text/html"), file},
		"another hash":    {with(up.Headers, "x-amz-checksum-sha256", "AAAA"), file},
		"an empty file":   {up.Headers, nil},
		"overwriting too": {with(up.Headers, "If-None-Match", "x"), file},
	} {
		if status, _, _ := request(t, up.Method, up.URL, try.header, try.body); status == http.StatusOK {
			t.Errorf("%s is taken", what)
		}
	}
	if status, _, _ := request(t, http.MethodGet, up.URL, nil, nil); status == http.StatusOK {
		t.Error("the URL can be read from")
	}
	tampered := strings.Replace(up.URL, up.Media, strings.Repeat("b", 26), 1)
	if status, _, _ := request(t, up.Method, tampered, up.Headers, file); status == http.StatusOK {
		t.Error("the URL is good for another file")
	}
	upload(t, &up, file)
	if status, _, _ := request(t, up.Method, up.URL, up.Headers, file); status != http.StatusPreconditionFailed {
		t.Errorf("the URL is good a second time: %d", status)
	}
}

func with(header map[string]string, name, value string) map[string]string {
	other := map[string]string{name: value}
	for n, v := range header {
		if !strings.EqualFold(n, name) {
			other[n] = v
		}
	}
	return other
}

// TestMedia_anotherFile shows what becomes of bytes that storage took and that are not the file.
func TestMedia_anotherFile(t *testing.T) {
	n := newWorld(t).node(t)
	file := photo(t, 64, 64)
	up := must[wire.Upload](t, n, "alice", reserving(file, "toad.jpg"))
	for _, other := range [][]byte{bytes.Repeat([]byte("x"), len(file)), []byte("short")} {
		if _, err := n.store.Put(t.Context(), uploadKey(up.Media), bytes.NewReader(other), int64(len(other)), store.Meta{}); err != nil {
			t.Fatal(err)
		}
		_, err := ask[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
		refuses(t, "another file", err, wire.CodeInvalid)
	}
	again := must[wire.Upload](t, n, "alice", wire.ResumeUpload{Media: up.Media})
	upload(t, &again, file)
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
}

// TestMedia_parts uploads a file in parts, with a break in the middle.
func TestMedia_parts(t *testing.T) {
	n := newWorld(t).node(t)
	file := bytes.Repeat([]byte("natterjack"), (wholeUpTo+partSize/2)/10)
	cmd := reserving(file, "big.bin")
	up := must[wire.Upload](t, n, "alice", cmd)
	if up.PartSize != partSize || len(up.Parts) != 5 || up.URL != "" {
		t.Fatalf("%d parts of %d bytes", len(up.Parts), up.PartSize)
	}
	half := up
	half.Parts = []wire.UploadPart{up.Parts[0], up.Parts[4]}
	upload(t, &half, file)
	_, err := ask[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
	refuses(t, "complete too early", err, wire.CodeInvalid)
	rest := must[wire.Upload](t, n, "alice", cmd)
	if len(rest.Parts) != 3 || rest.Parts[0].Number != 2 || rest.Has != up.Parts[0].Size+up.Parts[4].Size {
		t.Fatalf("%d parts are missing, %d bytes are there", len(rest.Parts), rest.Has)
	}
	upload(t, &rest, file)
	if all := must[wire.Upload](t, n, "alice", wire.ResumeUpload{Media: up.Media}); !all.Stored || len(all.Parts) != 0 {
		t.Errorf("%+v", all)
	}
	done := must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
	if done.Attachment.SHA256 != cmd.SHA256 || done.Attachment.Kind != wire.AttachmentFile {
		t.Errorf("%+v", done.Attachment)
	}
	read, header := fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: n.log.send(done.Attachment), Media: up.Media})
	if sum := sha256.Sum256(read); sum != sha256.Sum256(file) || !strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes, %q", len(read), header.Get("Content-Disposition"))
	}
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media})
}

// TestMedia_files sends files that pretend to be others, or are made to do harm. Each becomes a
// download, or stays what it is, and none keeps its upload from ending.
func TestMedia_files(t *testing.T) {
	n := newWorld(t).node(t)
	jpg := photo(t, 32, 32)
	for name, c := range map[string]struct {
		file   []byte
		kind   wire.AttachmentKind
		inline bool
	}{
		"page.jpg":    {[]byte("<!doctype html><script>alert(1)</script>"), wire.AttachmentFile, false},
		"vector.png":  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), wire.AttachmentFile, false},
		"xml.jpg":     {[]byte(`<?xml version="1.0"?><x/>`), wire.AttachmentFile, false},
		"torn.jpg":    {jpg[:len(jpg)/2], wire.AttachmentFile, false},
		"trailer.jpg": {append(bytes.Clone(jpg), "PK\x03\x04<script>"...), wire.AttachmentImage, true},
		"huge.png":    {hugePNG(), wire.AttachmentImage, true},
		"one":         {[]byte("x"), wire.AttachmentFile, false},
		"bomb.zip":    {zipBomb(t), wire.AttachmentFile, false},
		"a.exe":       {append([]byte("MZ"), make([]byte, 100)...), wire.AttachmentFile, false},
	} {
		done := attach(t, n, c.file, name)
		a := done.Attachment
		read, header := fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: n.log.send(a), Media: a.ID})
		inline := strings.HasPrefix(header.Get("Content-Disposition"), "inline")
		if a.Kind != c.kind || inline != c.inline {
			t.Errorf("%s: %+v, %v", name, a, header)
		}
		if a.Kind == wire.AttachmentImage && bytes.Contains(read, []byte("PK\x03\x04")) {
			t.Errorf("%s: what follows the picture is still there", name)
		}
		if c.kind == wire.AttachmentFile && (strings.Contains(header.Get("Content-Type"), "html") || strings.Contains(header.Get("Content-Type"), "xml")) {
			t.Errorf("%s: is served as %s", name, header.Get("Content-Type"))
		}
	}
}

// zipBomb returns a small archive of 100 MB. Nothing unpacks it.
func zipBomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(f, zeros{}, 100<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

// Read implements [io.Reader].
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// hugePNG returns a PNG that says it has 65,535 × 65,535 pixels.
func hugePNG() []byte {
	return []byte("\x89PNG\r\n\x1a\n" +
		"\x00\x00\x00\x0dIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00\x25\x1d\xfc\x2f" +
		"\x00\x00\x00\x0aIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\x0d\x0a\x2d\xb4" +
		"\x00\x00\x00\x00IEND\xaeB`\x82")
}

func TestMedia_quota(t *testing.T) {
	n := newWorld(t).node(t, func(c *Config) { c.Limits = Limits{FileBytes: 1000, UserBytes: 2500, ChannelBytes: 5000} })
	file := func(i, size int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, size) }
	_, err := ask[wire.Upload](t, n, "alice", reserving(file(0, 1001), "x"))
	refuses(t, "too large a file", err, wire.CodeTooLarge)
	for i := range 2 {
		must[wire.Upload](t, n, "alice", reserving(file(i, 1000), "x"))
	}
	must[wire.Upload](t, n, "alice", reserving(file(0, 1000), "x")) // the same again takes no more room
	_, err = ask[wire.Upload](t, n, "alice", reserving(file(2, 1000), "x"))
	refuses(t, "more than the user's room", err, wire.CodeQuota)
	use := must[wire.Storage](t, n, "alice", wire.GetStorage{Channel: "alice~bob"})
	want := wire.Storage{User: wire.StorageUse{Reserved: 2000, Limit: 2500}, Channel: &wire.StorageUse{Reserved: 2000, Limit: 5000}, FileBytes: 1000}
	if diff := cmp.Diff(want, use); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = ask[wire.Storage](t, n, "mallory", wire.GetStorage{Channel: "alice~bob"})
	refuses(t, "of a channel of others", err, wire.CodeForbidden)
	done := attach(t, n, file(0, 1000), "x")
	n.log.send(done.Attachment)
	use = must[wire.Storage](t, n, "alice", wire.GetStorage{})
	if use.User.Used != 1000 || use.User.Reserved != 1000 {
		t.Errorf("%+v", use.User)
	}
}

// Many reservations at once find no more room than there is.
func TestMedia_quotaAtOnce(t *testing.T) {
	n := newWorld(t).node(t, func(c *Config) { c.Limits = Limits{UserBytes: 10_000} })
	var asking sync.WaitGroup
	taken := make([]bool, 40)
	for i := range taken {
		asking.Go(func() {
			_, err := n.table.Answer(t.Context(), caller("alice"), reserving(bytes.Repeat([]byte{byte(i)}, 1000), "x"))
			taken[i] = err == nil
		})
	}
	asking.Wait()
	count := 0
	for _, ok := range taken {
		if ok {
			count++
		}
	}
	if count != 10 {
		t.Errorf("%d of 1000 bytes fit into 10000", count)
	}
}

// fakeScanner finds a virus in files that contain the word.
type fakeScanner struct{ err error }

func (s fakeScanner) Scan(_ context.Context, file io.Reader, _ int64) (string, error) {
	all, err := io.ReadAll(file)
	if bytes.Contains(all, []byte("EICAR")) {
		return "Eicar", errors.Join(err, s.err)
	}
	return "", errors.Join(err, s.err)
}

func TestMedia_scanner(t *testing.T) {
	n := newWorld(t).node(t, func(c *Config) { c.Scanner = fakeScanner{} })
	good := []byte("harmless")
	first := must[wire.Upload](t, n, "alice", reserving(good, "x"))
	upload(t, &first, good)
	must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: first.Media})
	bad := []byte("EICAR")
	up := must[wire.Upload](t, n, "alice", reserving(bad, "x"))
	upload(t, &up, bad)
	for _, cmd := range []wire.Command{wire.CompleteUpload{Media: up.Media}, wire.CompleteUpload{Media: up.Media}, reserving(bad, "x"), wire.ResumeUpload{Media: up.Media}} {
		_, err := n.table.Answer(t.Context(), caller("alice"), cmd)
		refuses(t, cmd.Type(), err, wire.CodeInvalid)
	}
	if there, _ := exists(t.Context(), n.store, storedKey(up.Media, wire.RenditionOriginal)); there {
		t.Error("a file that was refused is stored")
	}
	if got, want := must[wire.Storage](t, n, "alice", wire.GetStorage{}).User.Reserved, int64(len(good)+len(bad)); got != want {
		t.Errorf("%d bytes are reserved, want %d", got, want)
	}
	// The links are still good, and of no use.
	for _, again := range []*wire.Upload{&first, &up} {
		body := map[string][]byte{first.Media: good, up.Media: bad}[again.Media]
		if status, _, _ := request(t, again.Method, again.URL, again.Headers, body); status != http.StatusPreconditionFailed {
			t.Errorf("a link that was used is answered with %d", status)
		}
		if o, err := n.store.Stat(t.Context(), uploadKey(again.Media)); err != nil || o.Size != 0 {
			t.Errorf("%d bytes of an upload are there that is over, %v", o.Size, err)
		}
	}
	// The rest of them goes when the links do.
	for _, c := range []struct {
		after time.Duration
		there bool
	}{{linkLife, true}, {linkLife + 2*sweepEvery, false}} {
		if err := n.sweeper.once(t.Context(), time.Now().Add(c.after)); err != nil {
			t.Fatal(err)
		}
		for _, media := range []string{first.Media, up.Media} {
			if there, err := exists(t.Context(), n.store, uploadKey(media)); there != c.there || err != nil {
				t.Errorf("after %v %s is there: %v, %v", c.after, media, there, err)
			}
		}
	}
}

// Voice messages have the waveform of their sender.
func TestMedia_voice(t *testing.T) {
	n := newWorld(t).node(t)
	sound := append([]byte("ID3\x03\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte("\xff\xfb\x90\x64"+strings.Repeat("\x00", 413)), 20)...)
	up := must[wire.Upload](t, n, "alice", reserving(sound, "voice.mp3"))
	upload(t, &up, sound)
	a := must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media, Voice: true, Waveform: []byte{1, 2, 255}}).Attachment
	if a.Kind != wire.AttachmentVoice || !bytes.Equal(a.Waveform, []byte{1, 2, 255}) || a.Duration == 0 {
		t.Errorf("%+v", a)
	}
	// A picture is no voice message, whatever its sender says.
	file := photo(t, 32, 32)
	up = must[wire.Upload](t, n, "alice", reserving(file, "x"))
	upload(t, &up, file)
	if a := must[wire.Attached](t, n, "alice", wire.CompleteUpload{Media: up.Media, Voice: true, Waveform: []byte{1}}).Attachment; a.Kind != wire.AttachmentImage || a.Waveform != nil {
		t.Errorf("%+v", a)
	}
}

func TestMedia_sweep(t *testing.T) {
	n := newWorld(t).node(t)
	sent, unsent, abandoned := photo(t, 60, 60), photo(t, 61, 61), photo(t, 62, 62)
	a := attach(t, n, sent, "sent.jpg").Attachment
	n.log.send(a)
	b := attach(t, n, unsent, "unsent.jpg").Attachment
	up := must[wire.Upload](t, n, "alice", reserving(abandoned, "abandoned.jpg"))
	upload(t, &up, abandoned)
	big := must[wire.Upload](t, n, "alice", wire.ReserveUpload{Channel: "alice~bob", ClientID: "big", Size: wholeUpTo + 1, SHA256: hashOf(nil)})
	sweep := func(now time.Time) {
		t.Helper()
		if err := n.sweeper.once(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (records, objects int) {
		for _, prefix := range []string{"up/", "m/"} {
			for _, err := range n.store.List(t.Context(), prefix) {
				if objects++; err != nil {
					t.Fatal(err)
				}
			}
		}
		return len(n.records.All()), objects
	}
	beforeRecords, before := count()
	sweep(time.Now().Add(room))
	const seals = 2 // of the files that were taken in
	if records, objects := count(); records != beforeRecords || objects != before-seals {
		t.Errorf("too early: %d records instead of %d, %d objects instead of %d", records, beforeRecords, objects, before-seals)
	}
	later := time.Now().Add(room + grace + time.Minute)
	sweep(later)
	records, objects := count()
	if kept := 1 + len(a.Previews); records != 0 || objects != kept {
		t.Errorf("%d records and %d objects are left, want 0 and %d", records, objects, kept)
	}
	if _, err := n.store.Parts(t.Context(), uploadKey(big.Media), "x"); err == nil {
		t.Error("an upload in parts is left")
	}
	fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: 1, Media: a.ID})
	_ = b
}

// A file that no message has is removed, once two comparisons have found that. What messages have
// and storage does not is counted.
func TestMedia_compare(t *testing.T) {
	n := newWorld(t).node(t)
	a := attach(t, n, photo(t, 60, 60), "sent.jpg").Attachment
	n.log.send(a)
	for _, lost := range []string{strings.Repeat("2", 26), strings.Repeat("z", 26)} {
		n.log.send(wire.Attachment{ID: lost})
	}
	for _, orphan := range []string{strings.Repeat("3", 26), strings.Repeat("y", 26)} {
		if _, err := n.store.Put(t.Context(), storedKey(orphan, wire.RenditionOriginal), strings.NewReader("x"), 1, store.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []swept{{missing: 2}, {missing: 2}, {missing: 2, orphans: 2}, {missing: 2}} {
		var got swept
		now := time.Now()
		if i > 0 { // the first time they are too young
			now = now.Add(orphaned + time.Minute)
		}
		if err := n.sweeper.compare(t.Context(), now, &got); err != nil || got != want {
			t.Errorf("comparison %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	fetch(t, n, "bob", wire.GetMedia{Channel: "alice~bob", Seq: 1, Media: a.ID})
	notLeader := &sweeper{storage: n.store, records: n.records, uses: n.log, sweeps: func() bool { return false }, logger: n.logger}
	if err := notLeader.once(t.Context(), time.Now().Add(1000*time.Hour)); err != nil || len(n.records.All()) == 0 {
		t.Errorf("a node that does not sweep has swept: %v", err)
	}
}

// Without storage, and while it is away, all is refused, and it recovers by itself.
func TestMedia_away(t *testing.T) {
	w := newWorld(t)
	none := w.node(t, func(c *Config) { c.Storage = nil })
	_, err := none.table.Answer(t.Context(), caller("alice"), reserving([]byte("x"), "x"))
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeUnavailable || e.Retryable {
		t.Errorf("without storage: %v", err)
	}
}

func TestPartSizeOf(t *testing.T) {
	for size, want := range map[int64]int64{1: 0, wholeUpTo: 0, wholeUpTo + 1: partSize, 2 << 30: partSize, 1 << 40: 117 << 20} {
		r := &uploads.Record{Size: size, PartSize: partSizeOf(size)}
		if r.PartSize != want {
			t.Errorf("%d: %d", size, r.PartSize)
		}
		if want == 0 {
			continue
		}
		n := partCount(r)
		if sum := int64(n-1)*r.PartSize + sizeOfPart(r, n); sum != size || n > 10_000 || sizeOfPart(r, n) <= 0 {
			t.Errorf("%d: %d parts of %d bytes in all", size, n, sum)
		}
	}
}
