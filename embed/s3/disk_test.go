package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal records the syncs in their order, and the files that were there at each.
type journal struct {
	mu    sync.Mutex
	root  string
	lines []string
	fail  string // syncing a path that contains this fails
}

var errDisk = errors.New("the disk is on fire")

func (j *journal) add(what, path string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	path, err := filepath.Rel(j.root, path)
	if err != nil {
		return err
	}
	if j.fail != "" && strings.Contains(path, j.fail) {
		return errDisk
	}
	parts := strings.Split(path, string(filepath.Separator))
	for i, p := range parts {
		if len(p) == 26 { // a random name
			parts[i] = "*"
		}
	}
	j.lines = append(j.lines, what+" "+strings.Join(parts, "/"))
	return nil
}

func (j *journal) syncs() syncs {
	return syncs{
		file: func(f *os.File) error { return j.add("file", f.Name()) },
		dir:  func(path string) error { return j.add("dir", path) },
	}
}

// taken returns the records since the last call.
func (j *journal) taken() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// journaled returns a gateway with a bucket, whose syncs are recorded.
func journaled(t *testing.T) (*Gateway, *journal) {
	t.Helper()
	g, err := New(Options{Dir: t.TempDir(), AccessKey: testKeys.access, SecretKey: testKeys.secret})
	if err != nil {
		t.Fatal(err)
	}
	j := &journal{root: g.disk.root}
	g.disk.syncs = j.syncs()
	if a := ask(t, g, http.MethodPut, "/media", nil); a.Code != http.StatusOK {
		t.Fatalf("make the bucket: %d %s", a.Code, a.Body)
	}
	return g, j
}

// ask makes a signed request of the gateway, without a network.
func ask(t *testing.T, g *Gateway, method, target string, body []byte, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	sum := sha256.Sum256(body)
	signHeader(r, testKeys, hex.EncodeToString(sum[:]))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// must makes a request that must succeed.
func must(t *testing.T, g *Gateway, method, target string, body []byte, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := ask(t, g, method, target, body, header...)
	if w.Code >= 300 {
		t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	return w
}

// TestDisk_syncsInOrder shows that nothing is acknowledged before everything that it needs is
// synced, each file after the files that it depends on.
func TestDisk_syncsInOrder(t *testing.T) {
	g, j := journaled(t)
	if got, want := j.taken(), []string{"dir buckets", "dir buckets/media", "dir buckets/media", "dir buckets/media"}; !slices.Equal(got, want) {
		t.Errorf("a bucket: %q", got)
	}
	bytes := []string{"file buckets/media/blobs/*", "dir buckets/media/blobs"}
	record := func(dir string) []string { return []string{"file new/*", "dir buckets/media/" + dir} }

	must(t, g, http.MethodPut, "/media/up/1", []byte("one"))
	if got, want := j.taken(), slices.Concat(bytes, []string{"dir buckets/media/objects"}, record("objects/up")); !slices.Equal(got, want) {
		t.Errorf("the first object:\n got %q\nwant %q", got, want)
	}
	must(t, g, http.MethodPut, "/media/up/1", []byte("another"))
	if got, want := j.taken(), slices.Concat(bytes, record("objects/up")); !slices.Equal(got, want) {
		t.Errorf("another in its place:\n got %q\nwant %q", got, want)
	}
	must(t, g, http.MethodPut, "/media/m/1/original", nil, "X-Amz-Copy-Source", "media/up/1")
	want := slices.Concat([]string{"dir buckets/media/blobs", "dir buckets/media/objects", "dir buckets/media/objects/m"}, record("objects/m/1"))
	if got := j.taken(); !slices.Equal(got, want) {
		t.Errorf("a copy:\n got %q\nwant %q", got, want)
	}
	must(t, g, http.MethodDelete, "/media/up/1", nil)
	if got, want := j.taken(), []string{"dir buckets/media/objects/up"}; !slices.Equal(got, want) {
		t.Errorf("a deletion: %q", got)
	}

	id := between(must(t, g, http.MethodPost, "/media/up/2?uploads=", nil).Body.String(), "<UploadId>", "<")
	if got, want := j.taken(), slices.Concat([]string{"dir buckets/media/uploads"}, record("uploads/*")); !slices.Equal(got, want) {
		t.Errorf("an upload in parts:\n got %q\nwant %q", got, want)
	}
	etag := must(t, g, http.MethodPut, "/media/up/2?partNumber=1&uploadId="+id, []byte("part")).Header().Get("ETag")
	if got, want := j.taken(), slices.Concat(bytes, record("uploads/*")); !slices.Equal(got, want) {
		t.Errorf("a part:\n got %q\nwant %q", got, want)
	}
	must(t, g, http.MethodPost, "/media/up/2?uploadId="+id, []byte("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>"))
	want = slices.Concat([]string{"dir buckets/media/blobs", "dir buckets/media/objects"}, record("objects/up"))
	if got := j.taken(); !slices.Equal(got, want) {
		t.Errorf("its end:\n got %q\nwant %q", got, want)
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// TestDisk_failedSync fails each sync in turn. The request must fail, the object before must be
// as it was, and no bytes may stay behind.
func TestDisk_failedSync(t *testing.T) {
	for _, fail := range []string{"blobs", "new"} {
		g, j := journaled(t)
		must(t, g, http.MethodPut, "/media/a/1", []byte("before"))
		j.fail = fail
		for name, w := range map[string]*httptest.ResponseRecorder{
			"put":  ask(t, g, http.MethodPut, "/media/a/1", []byte("after")),
			"copy": ask(t, g, http.MethodPut, "/media/a/2", nil, "X-Amz-Copy-Source", "media/a/1"),
		} {
			if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "fire") {
				t.Errorf("%s with %s: %d %s", name, fail, w.Code, w.Body)
			}
		}
		j.fail = ""
		if got := must(t, g, http.MethodGet, "/media/a/1", nil).Body.String(); got != "before" {
			t.Errorf("with %s: the object is %q", fail, got)
		}
		if got := ask(t, g, http.MethodGet, "/media/a/2", nil).Code; got != http.StatusNotFound {
			t.Errorf("with %s: the copy is there: %d", fail, got)
		}
		if n := blobs(t, g); n != 1 {
			t.Errorf("with %s: %d files, want one", fail, n)
		}
	}
}

// blobs returns how many files with bytes there are.
func blobs(t *testing.T, g *Gateway) int {
	t.Helper()
	entries, err := os.ReadDir(g.disk.path("buckets", "media", "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestSweep opens the directory of a gateway that died at several moments.
func TestSweep(t *testing.T) {
	g, _ := journaled(t)
	must(t, g, http.MethodPut, "/media/a/1", []byte("one"))
	must(t, g, http.MethodPut, "/media/a/2", nil, "X-Amz-Copy-Source", "media/a/1")
	id := between(must(t, g, http.MethodPost, "/media/up/3?uploads=", nil).Body.String(), "<UploadId>", "<")
	must(t, g, http.MethodPut, "/media/up/3?partNumber=1&uploadId="+id, []byte("part"))
	dir := g.disk.path("buckets", "media")
	left := map[string]string{
		filepath.Join(dir, "blobs", "ABANDONED"):      "bytes without a record",
		g.disk.path("new", "ABANDONED"):               "a record that was not renamed",
		filepath.Join(dir, "uploads", "X", "1.part"):  "a part of an upload that has ended",
		filepath.Join(dir, "uploads", "Y", "nothing"): "an upload that had not begun",
	}
	for path, text := range left {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), dirMode), os.WriteFile(path, []byte(text), fileMode)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := New(Options{Dir: g.disk.root, AccessKey: testKeys.access, SecretKey: testKeys.secret})
	if err != nil {
		t.Fatal(err)
	}
	must(t, again, http.MethodPut, "/media/a/4", []byte("stored before the sweep")) // it must survive
	if n, err := again.disk.sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("swept %d, %v; want 1", n, err)
	}
	for path := range left {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
	for key, want := range map[string]string{"a/1": "one", "a/2": "one", "a/4": "stored before the sweep"} {
		if got := must(t, again, http.MethodGet, "/media/"+key, nil).Body.String(); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if body := must(t, again, http.MethodGet, "/media/up/3?uploadId="+id, nil).Body.String(); !strings.Contains(body, "<PartNumber>1<") {
		t.Errorf("the upload has lost its part: %s", body)
	}
	if n := blobs(t, again); n != 4 {
		t.Errorf("%d files, want 4", n)
	}
}

// TestSweep_damaged shows that nothing is removed if a record cannot be read: it might name
// what seems to be left over.
func TestSweep_damaged(t *testing.T) {
	g, _ := journaled(t)
	must(t, g, http.MethodPut, "/media/a/1", []byte("one"))
	if err := os.WriteFile(g.disk.path("buckets", "media", "objects", "a", "1~"), []byte("{"), fileMode); err != nil {
		t.Fatal(err)
	}
	again, err := openDisk(g.disk.root, realSyncs())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := again.sweep(context.Background()); n != 0 || err == nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if n := blobs(t, g); n != 1 {
		t.Errorf("%d files, want one", n)
	}
}

// TestDisk_completedThenDied has the gateway die after an upload has become an object, and
// before the upload is gone. The object must survive the end of the upload.
func TestDisk_completedThenDied(t *testing.T) {
	g, _ := journaled(t)
	id := between(must(t, g, http.MethodPost, "/media/up/1?uploads=", nil).Body.String(), "<UploadId>", "<")
	upload := g.disk.path("buckets", "media", "uploads", id)
	etag := must(t, g, http.MethodPut, "/media/up/1?partNumber=1&uploadId="+id, []byte("part")).Header().Get("ETag")
	kept := map[string][]byte{}
	for _, name := range []string{uploadRecord, "1.part"} {
		text, err := os.ReadFile(filepath.Join(upload, name))
		if err != nil {
			t.Fatal(err)
		}
		kept[name] = text
	}
	must(t, g, http.MethodPost, "/media/up/1?uploadId="+id, []byte("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>"))
	for name, text := range kept { // as if it had not come to that
		if err := errors.Join(os.MkdirAll(upload, dirMode), os.WriteFile(filepath.Join(upload, name), text, fileMode)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, g, http.MethodDelete, "/media/up/1?uploadId="+id, nil)
	if got := must(t, g, http.MethodGet, "/media/up/1", nil).Body.String(); got != "part" {
		t.Errorf("the object is %q", got)
	}
}

// TestDisk_manyAtOnce replaces, copies, reads and deletes one object from several goroutines. A
// reader sees one of the objects whole, or none.
func TestDisk_manyAtOnce(t *testing.T) {
	g, _ := journaled(t)
	g.disk.syncs = syncs{file: func(*os.File) error { return nil }, dir: func(string) error { return nil }}
	bodies := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 150_000)}
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for n := range 50 {
				var w *httptest.ResponseRecorder
				switch {
				case i < 2:
					w = ask(t, g, http.MethodPut, "/media/a/b/c", bodies[i])
				case i == 2 && n%5 == 0:
					w = ask(t, g, http.MethodDelete, "/media/a/b/c", nil)
				case i == 3:
					w = ask(t, g, http.MethodPut, "/media/a/b/d", nil, "X-Amz-Copy-Source", "media/a/b/c")
				default:
					if w = ask(t, g, http.MethodGet, "/media/a/b/"+string("cd"[i%2]), nil); w.Code == http.StatusOK && !bytes.Equal(w.Body.Bytes(), bodies[0]) && !bytes.Equal(w.Body.Bytes(), bodies[1]) {
						t.Errorf("read %d bytes that nobody stored", w.Body.Len())
					}
				}
				if w.Code >= 300 && w.Code != http.StatusNotFound {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	running.Wait()
	for _, key := range []string{"a/b/c", "a/b/d"} {
		ask(t, g, http.MethodDelete, "/media/"+key, nil)
	}
	if n := blobs(t, g); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if _, err := os.Stat(g.disk.path("buckets", "media", "objects", "a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory is left: %v", err)
	}
}

// TestFull refuses to store when the disk is full, and goes on with everything else.
func TestFull(t *testing.T) {
	g, _ := journaled(t)
	must(t, g, http.MethodPut, "/media/a/1", []byte("one"))
	id := between(must(t, g, http.MethodPost, "/media/a/2?uploads=", nil).Body.String(), "<UploadId>", "<")
	g.opts.Full = func(int64) bool { return true }
	for _, target := range []string{"/media/a/3", "/media/a/2?partNumber=1&uploadId=" + id} {
		if w := ask(t, g, http.MethodPut, target, []byte("more")); w.Code != http.StatusInsufficientStorage {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	must(t, g, http.MethodGet, "/media/a/1", nil)
	must(t, g, http.MethodDelete, "/media/a/1", nil)

	// A body takes room from its first byte to its last.
	g.opts.Full = func(bytes int64) bool { return bytes > 6 }
	g.coming.Store(3)
	if w := ask(t, g, http.MethodPut, "/media/a/4", []byte("four")); w.Code != http.StatusInsufficientStorage {
		t.Errorf("beside another one: %d %s", w.Code, w.Body)
	}
	must(t, g, http.MethodPut, "/media/a/4", []byte("too"))
	if left := g.coming.Load(); left != 3 {
		t.Errorf("%d bytes are still to be written, want those of the other one", left)
	}
}

// TestDisk_locks completes many uploads, so that the locks of some of them would be those of
// their keys if both came from one pool.
func TestDisk_locks(t *testing.T) {
	g, _ := journaled(t)
	g.disk.syncs = syncs{file: func(*os.File) error { return nil }, dir: func(string) error { return nil }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 400 {
			id := between(must(t, g, http.MethodPost, "/media/up/1?uploads=", nil).Body.String(), "<UploadId>", "<")
			etag := must(t, g, http.MethodPut, "/media/up/1?partNumber=1&uploadId="+id, []byte("part")).Header().Get("ETag")
			must(t, g, http.MethodPost, "/media/up/1?uploadId="+id, []byte("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>"))
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		panic("an upload waits for itself") // its goroutine would never end
	}
}

// TestDisk_waitsForDirectories stores two objects at once in a new directory. Neither is
// acknowledged before the directory is durable, whichever of them has made it.
func TestDisk_waitsForDirectories(t *testing.T) {
	g, _ := journaled(t)
	reached, release := make(chan struct{}), make(chan struct{})
	var durable atomic.Bool
	g.disk.syncs = syncs{file: func(*os.File) error { return nil }, dir: func(path string) error {
		if filepath.Base(path) == "objects" && !durable.Load() { // in which "m" was made
			close(reached)
			<-release
			durable.Store(true)
		}
		return nil
	}}
	var running sync.WaitGroup
	store := func(key string) {
		running.Go(func() {
			must(t, g, http.MethodPut, "/media/m/"+key, []byte(key))
			if !durable.Load() {
				t.Errorf("m/%s was acknowledged, and its directory is not durable", key)
			}
		})
	}
	store("1")
	<-reached
	store("2")
	for blobs(t, g) < 2 { // the second is on its way
		runtime.Gosched()
	}
	for range 1000 {
		runtime.Gosched()
	}
	close(release)
	running.Wait()
}
