package media

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/embed/s3"
	"natterjack/embed/s3/s3test"
	"natterjack/jetstream/operation"
	"natterjack/jetstream/uploads"
	"natterjack/server/internal/media/store"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

const within = 60 * time.Second

// channels stands for the log: alice and bob are in their direct channel and in nothing else.
type channels struct {
	mu       sync.Mutex
	messages []wire.Attachment // each attachment is a message
	pictures []string          // ids of those in use
	former   bool              // bob has left
}

func (c *channels) MayPost(_ context.Context, user, channel string) error {
	if !c.Member(user, channel) {
		return wire.Errorf(wire.CodeForbidden, "channel: not found, or you are not a member")
	}
	return nil
}

// group is a group of alice's.
const group = "gaaaaaaaaaaaaaaaaaaaaaaaa"

// MayPicture allows a user to have a picture of their own, and alice to set that of a group.
func (c *channels) MayPicture(_ context.Context, user, channel string) error {
	if channel != wire.OwnChannel(user) && (user != "alice" || channel != group) {
		return wire.Errorf(wire.CodeForbidden, "channel: not found, or you are not a member")
	}
	return nil
}

// SeenPictures shows the pictures in use to everybody but mallory.
func (c *channels) SeenPictures(user string, ids []string) (seen []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if user != "mallory" && slices.Contains(c.pictures, id) {
			seen = append(seen, id)
		}
	}
	return seen, nil
}

func (c *channels) Member(user, channel string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return channel == "alice~bob" && (user == "alice" || user == "bob" && !c.former)
}

func (c *channels) MayRead(_ context.Context, user, channel string, seq uint64, media string) (wire.Attachment, error) {
	if !c.Member(user, channel) {
		return wire.Attachment{}, notFound()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq > uint64(len(c.messages)) || c.messages[seq-1].ID != media {
		return wire.Attachment{}, notFound()
	}
	return c.messages[seq-1], nil
}

func (c *channels) UsedByUser(string) (int64, error) { return c.used(), nil }

func (c *channels) UsedByChannel(string) (int64, error) { return c.used(), nil }

func (c *channels) used() (sum int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.messages {
		sum += c.messages[i].Size
	}
	return sum
}

func (c *channels) Referenced(media string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.messages, func(a wire.Attachment) bool { return a.ID == media }), nil
}

func (c *channels) MediaAfter(after string, limit int) (ids []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.messages {
		if id := c.messages[i].ID; id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)[:min(limit, len(ids))], nil
}

// send makes a message with an attachment, and returns its seq.
func (c *channels) send(a wire.Attachment) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, a)
	return uint64(len(c.messages))
}

func (c *channels) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.former = true
}

// anyway lets every command pass.
type anyway struct{}

func (anyway) Charge(string) error                              { return nil }
func (anyway) AwaitSeen(context.Context, []wire.ShardPos) error { return nil }

// world is a storage, and the nodes that share it.
type world struct {
	nats   *embedtest.Node
	s3     backend
	bucket string
	log    *channels
	// endpoint is where nodes and clients reach storage, if that is not its own address.
	endpoint string
}

// backend is the storage of a world.
type backend struct{ url, access, secret string }

// newBackend returns the real MinIO that .ci/minio has started, or else an embedded gateway.
func newBackend(tb testing.TB) backend {
	tb.Helper()
	if url := os.Getenv("MEDIA_S3_ENDPOINT"); url != "" {
		return backend{url, os.Getenv("MEDIA_S3_ACCESS_KEY"), os.Getenv("MEDIA_S3_SECRET_KEY")}
	}
	return backend{s3test.Start(tb, s3.Options{}).URL(), s3test.AccessKey, s3test.SecretKey}
}

// discreet fails the test if a log has a URL of storage, or anything else that opens it.
type discreet struct {
	tb     testing.TB
	secret string
}

// Write implements [io.Writer].
func (d *discreet) Write(line []byte) (int, error) {
	for _, secret := range []string{"X-Amz-", "x-amz-", d.secret, "http://", "Signature"} {
		if bytes.Contains(line, []byte(secret)) {
			d.tb.Errorf("%q is in a log: %s", secret, line)
		}
	}
	return len(line), nil
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return &world{
		nats: embedtest.Start(tb, embedtest.NoSync), s3: newBackend(tb), log: new(channels),
		bucket: "test-" + strings.ToLower(rand.Text()[:12]),
	}
}

// node is one node under test.
type node struct {
	*Media
	table   *operation.Table
	store   *store.Store
	records *uploads.Records
	log     *channels
}

// node starts a node. change may change its configuration.
func (w *world) node(tb testing.TB, change ...func(*Config)) *node {
	tb.Helper()
	logger := slog.New(slog.NewTextHandler(io.MultiWriter(tb.Output(), &discreet{tb, w.s3.secret}), nil))
	s, err := store.New(store.Config{
		Endpoint: cmp.Or(w.endpoint, w.s3.url), AccessKey: w.s3.access, SecretKey: w.s3.secret, Bucket: w.bucket, MakeBucket: true, Logger: logger,
	})
	if err != nil {
		tb.Fatal(err)
	}
	records, err := uploads.New(tb.Context(), uploads.Config{Conn: w.nats.Conn, Logger: logger})
	if err != nil {
		tb.Fatal(err)
	}
	cfg := Config{
		Storage: s, Records: records, Log: w.log, Uses: w.log, Derive: s.Derive, Temp: tb.TempDir() + "/tmp", Logger: logger,
		Limits: Limits{FileBytes: 1 << 30}, Sweeps: func() bool { return true },
	}
	for _, f := range change {
		f(&cfg)
	}
	m, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	if cfg.Storage == nil {
		n := &node{Media: m, table: operation.New(anyway{})}
		m.Bind(n.table)
		return n
	}
	n := &node{Media: m, table: operation.New(anyway{}), store: s, records: records, log: w.log}
	m.Bind(n.table)
	run(tb, s.Run, records.Run, m.Run)
	tb.Cleanup(func() { _ = s.Close() })
	await(tb, "the store is ready", func() bool { return s.Err() == nil })
	<-records.Ready()
	await(tb, "files are taken in", func() bool {
		m.intake.mu.Lock()
		defer m.intake.mu.Unlock()
		return !m.intake.closed
	})
	return n
}

// run runs parts until the end of the test.
func run(tb testing.TB, parts ...func(context.Context) error) {
	tb.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() {
			if err := part(ctx); err != nil {
				tb.Errorf("run: %v", err)
			}
		})
	}
	tb.Cleanup(func() { stop(); running.Wait() })
}

func await(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

// ask gives a command as a user.
func ask[F wire.Frame](tb testing.TB, n *node, user string, cmd wire.Command) (F, error) {
	tb.Helper()
	var none F
	if err := cmd.Validate(wire.DefaultLimits()); err != nil {
		return none, err
	}
	for deadline := time.Now().Add(within); ; {
		f, err := n.table.Answer(tb.Context(), operation.Caller{User: user}, cmd)
		if e, ok := errors.AsType[*wire.Error](err); ok && e.Code == wire.CodeUnavailable && e.RetryAfter == tryAfter.Milliseconds() && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			return none, err
		}
		return f.(F), nil
	}
}

// must is ask for a command that must succeed.
func must[F wire.Frame](tb testing.TB, n *node, user string, cmd wire.Command) F {
	tb.Helper()
	f, err := ask[F](tb, n, user, cmd)
	if err != nil {
		tb.Fatalf("%s: %v", cmd.Type(), err)
	}
	return f
}

func hashOf(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

// reserving returns the command for a file of alice's.
func reserving(file []byte, name string) wire.ReserveUpload {
	return wire.ReserveUpload{Channel: "alice~bob", ClientID: "c-" + hashOf(file)[:8], Name: name, Size: int64(len(file)), MediaType: "image/jpeg", SHA256: hashOf(file)}
}

// request makes a request of storage, and returns its status and body.
func request(tb testing.TB, method, url string, header map[string]string, body []byte) (int, []byte, http.Header) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	t := &http.Transport{DisableKeepAlives: true}
	resp, err := t.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, got, resp.Header
}

// upload makes the requests of an upload.
func upload(tb testing.TB, up *wire.Upload, file []byte) {
	tb.Helper()
	if up.URL != "" {
		if status, answer, _ := request(tb, up.Method, up.URL, up.Headers, file); status != http.StatusOK {
			tb.Fatalf("upload: %d %s", status, answer)
		}
	}
	for _, p := range up.Parts {
		at := int64(p.Number-1) * up.PartSize
		if status, answer, _ := request(tb, up.Method, p.URL, p.Headers, file[at:at+p.Size]); status != http.StatusOK {
			tb.Fatalf("upload part %d: %d %s", p.Number, status, answer)
		}
	}
}

// attach uploads a file of alice's, and returns what complete_upload answers.
func attach(tb testing.TB, n *node, file []byte, name string) wire.Attached {
	tb.Helper()
	up := must[wire.Upload](tb, n, "alice", reserving(file, name))
	upload(tb, &up, file)
	return must[wire.Attached](tb, n, "alice", wire.CompleteUpload{Media: up.Media})
}

// fetch reads a file as a user.
func fetch(tb testing.TB, n *node, user string, cmd wire.GetMedia) ([]byte, http.Header) {
	tb.Helper()
	u := must[wire.MediaURL](tb, n, user, cmd)
	status, body, header := request(tb, http.MethodGet, u.URL, nil, nil)
	if status != http.StatusOK || int64(len(body)) != u.Size {
		tb.Fatalf("download: %d, %d bytes instead of %d", status, len(body), u.Size)
	}
	return body, header
}

// photo returns a JPEG with its place in EXIF.
func photo(tb testing.TB, width, height int) []byte {
	tb.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		tb.Fatal(err)
	}
	const exif = "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00GPS 52.5 13.4"
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return slices.Concat(b.Bytes()[:2], segment, b.Bytes()[2:])
}

// sealed reports whether an object only takes the place of an upload that is over.
func sealed(o store.Object) bool { return strings.HasPrefix(o.Key, uploadKey("")) && o.Size == 0 }

func caller(user string) operation.Caller { return operation.Caller{User: user} }

func refuses(tb testing.TB, what string, err error, code wire.Code) {
	tb.Helper()
	if !errors.Is(err, &wire.Error{Code: code}) {
		tb.Errorf("%s: %v, want %s", what, err, code)
	}
}
