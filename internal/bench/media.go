package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	natter "natterjack/clients/go"
	"natterjack/internal/bench/internal/load"
	"natterjack/internal/bench/internal/proc"
)

const (
	mediaBytes  = 20 << 20
	mediaLarge  = 1 << 30 // of the full run
	mediaPhotos = 10      // at once
	mediaRate   = 500     // messages/s beside them
)

// media measures what files cost: 20 MiB up and down through the SDK, beside the same bytes through
// a bare S3 client to the same storage; how long a photo of 12 million pixels takes from its last
// byte to its ticket; and how much ten of them at once delay the messages of others.
func media(ctx context.Context, r *rig) (results []result, err error) {
	servers, err := r.startServers(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, servers.stop()) }()
	m := &mediaBench{talk: &talk{rig: r, servers: servers}}
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	found, err := r.repeat("media", func(i int, f *figures) error {
		return inTurn(ctx,
			func(ctx context.Context) error { return m.bytes(ctx, f, i) },
			func(ctx context.Context) error { return m.photo(ctx, f, i) },
			func(ctx context.Context) error { return m.ours(ctx, f, "alone_", fmt.Sprintf("a%d", i), mediaRate) },
			func(ctx context.Context) error { return m.crowd(ctx, f, i) })
	})
	if err != nil {
		return nil, err
	}
	if r.cmd.Full {
		more, err := m.large(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return mediaResults(found), nil
}

func mediaResults(found []metric) []result {
	rate := func(name string) float64 { return mediaBytes / (1 << 20) / of(found, name) }
	return []result{
		{Name: "media-up", Value: rate("up_s"), Unit: "MiB/s", Bare: rate("bare_up_s"), Higher: true, More: without(found, "up_s", "bare_up_s")},
		{Name: "media-down", Value: rate("down_s"), Unit: "MiB/s", Bare: rate("bare_down_s"), Higher: true},
		{Name: "media-beside", Value: of(found, "beside_p99_ms"), Unit: "ms p99", Bare: of(found, "alone_p99_ms")},
	}
}

// mediaBench is a server with one client and a bare client of its storage.
type mediaBench struct {
	*talk
	client     *natter.Client
	bareClient *minio.Client
	bucket     string
	stop       context.CancelFunc
	running    sync.WaitGroup
	channel    string
	sent       int
}

// open connects both clients. Where storage is, and its bucket, is in each URL that the server
// signs; its keys are in the server's directory.
func (m *mediaBench) open(ctx context.Context) (err error) {
	s := m.servers[0]
	m.channel = "alice~bob"
	m.client, err = natter.New(natter.Options{URLs: []string{s.base}, Tokens: natter.SignIn{User: "alice", URLs: []string{s.base}, Data: s.signIn}})
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	m.running.Go(func() { _ = m.client.Run(run) })
	small := natter.File{Name: "first", Size: 1, Content: strings.NewReader("x")}
	seq, a, err := m.send(ctx, small)
	if err != nil {
		return err
	}
	link, err := m.client.MediaURL(ctx, m.channel, seq, a.ID, "")
	if err != nil {
		return err
	}
	at, err := url.Parse(link.URL)
	if err != nil {
		return err
	}
	m.bucket, _, _ = strings.Cut(strings.TrimPrefix(at.Path, "/"), "/")
	keys := [2]string{"media-access-key", "media-secret-key"}
	for i, name := range keys {
		secret, err := os.ReadFile(filepath.Join(s.data, "secrets", name)) //nolint:gosec // of the server of this run
		if err != nil {
			return err
		}
		keys[i] = strings.TrimSpace(string(secret))
	}
	m.bareClient, err = minio.New(at.Host, &minio.Options{Creds: credentials.NewStaticV4(keys[0], keys[1], ""), Region: "us-east-1", Secure: at.Scheme == "https"})
	return err
}

func (m *mediaBench) close() error {
	err := m.client.Close()
	m.stop()
	m.running.Wait()
	return err
}

// send uploads a file and sends it.
func (m *mediaBench) send(ctx context.Context, f natter.File) (uint64, natter.Attachment, error) {
	done, err := m.client.Upload(ctx, m.channel, f)
	if err != nil {
		return 0, natter.Attachment{}, err
	}
	ack, err := m.client.Send(ctx, m.channel, "", natter.WithAttachments(done))
	return ack.Seq, done.Attachment, err
}

// random returns a file that no run has sent before, and that nothing can compress.
func (m *mediaBench) random(size int) []byte {
	m.sent++
	file := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(m.sent), byte(m.sent >> 8)}).Read(file) // it never fails
	return file
}

// bytes sends bytes up and down, through the SDK and through the bare client.
func (m *mediaBench) bytes(ctx context.Context, f *figures, run int) error {
	file := m.random(mediaBytes)
	began, stored := time.Now(), time.Time{}
	seq, a, err := m.send(ctx, natter.File{Name: fmt.Sprint("bytes-", run), Size: mediaBytes, Content: bytes.NewReader(file), Progress: func(n, size int64) {
		if n == size && stored.IsZero() {
			stored = time.Now()
		}
	}})
	if err != nil {
		return err
	}
	f.add("up_s", stored.Sub(began).Seconds()) // until storage has all; with the hash, which the bare client makes too
	f.add("taken_in_ms", load.Ms(time.Since(stored)))
	key := fmt.Sprint("bench/", run)
	began = time.Now()
	sum := sha256.Sum256(file)
	core := minio.Core{Client: m.bareClient}
	if _, err := core.PutObject(ctx, m.bucket, key, bytes.NewReader(file), mediaBytes, "", hex.EncodeToString(sum[:]), minio.PutObjectOptions{DisableContentSha256: true}); err != nil {
		return err
	}
	f.add("bare_up_s", time.Since(began).Seconds())
	to, err := os.Create(filepath.Join(m.dir, "download"))
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(to.Close(), os.Remove(to.Name())) }()
	began = time.Now()
	if err := m.client.Download(ctx, m.channel, seq, &a, to, nil); err != nil {
		return err
	}
	f.add("down_s", time.Since(began).Seconds())
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return err
	}
	began = time.Now()
	object, err := m.bareClient.GetObject(ctx, m.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = object.Close() }()
	if _, err := io.Copy(io.MultiWriter(to, sha256.New()), object); err != nil { // with the hash that the SDK compares
		return err
	}
	f.add("bare_down_s", time.Since(began).Seconds())
	return m.bareClient.RemoveObject(ctx, m.bucket, key, minio.RemoveObjectOptions{})
}

// picture returns a photo of 12 million pixels, as large as a telephone makes them.
func (m *mediaBench) picture() ([]byte, error) {
	m.sent++
	r := rand.New(rand.NewPCG(uint64(m.sent), 1))
	p := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	for i := range p.Y {
		p.Y[i] = byte(i/4000/16) + byte(i%4000/32) + byte(r.Uint32()%24)
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = byte(i>>12), byte(i>>14)
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 80})
	return b.Bytes(), err
}

// photo measures how long a photo takes from its last byte to its ticket.
func (m *mediaBench) photo(ctx context.Context, f *figures, run int) error {
	file, err := m.picture()
	if err != nil {
		return err
	}
	took, err := m.shoot(ctx, fmt.Sprintf("photo-%d.jpg", run), file)
	f.add("photo_ready_ms", load.Ms(took))
	f.add("photo_bytes", float64(len(file)))
	return err
}

func (m *mediaBench) shoot(ctx context.Context, name string, file []byte) (time.Duration, error) {
	var stored atomic.Int64
	_, err := m.client.Upload(ctx, m.channel, natter.File{Name: name, Size: int64(len(file)), Content: bytes.NewReader(file), Progress: func(n, size int64) {
		if n == size {
			stored.CompareAndSwap(0, time.Now().UnixNano())
		}
	}})
	return time.Since(time.Unix(0, stored.Load())), err
}

// crowd has ten photos taken in at once beside the messages of others.
func (m *mediaBench) crowd(ctx context.Context, f *figures, run int) error {
	var files [mediaPhotos][]byte
	for i := range files {
		var err error
		if files[i], err = m.picture(); err != nil {
			return err
		}
	}
	before, err := proc.Resident(m.servers[0].proc.PID)
	if err != nil {
		return err
	}
	var uploading sync.WaitGroup
	errs := make([]error, len(files)+1)
	began := time.Now()
	uploading.Go(func() {
		<-time.After(m.cmd.WarmUp + m.cmd.Time/8) // once the messages flow
		var all sync.WaitGroup
		for i := range files {
			all.Go(func() { _, errs[i] = m.shoot(ctx, fmt.Sprintf("crowd-%d-%d.jpg", run, i), files[i]) })
		}
		all.Wait()
	})
	watching, stop := context.WithCancel(ctx)
	peak := before
	var watch sync.WaitGroup
	watch.Go(func() { peak = max(peak, m.peak(watching)) })
	errs[len(files)] = m.ours(ctx, f, "beside_", fmt.Sprintf("b%d", run), mediaRate)
	uploading.Wait()
	stop()
	watch.Wait()
	f.add("photos_all_s", time.Since(began).Seconds())
	f.add("photos_mb", float64(peak-before)/(1<<20))
	return errors.Join(errs...)
}

// peak returns the most memory that the server has until ctx ends.
func (m *mediaBench) peak(ctx context.Context) (most int64) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if now, err := proc.Resident(m.servers[0].proc.PID); err == nil {
			most = max(most, now)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return most
		}
	}
}

// noise is a large file that takes no memory.
type noise struct{}

// ReadAt implements [io.ReaderAt].
func (noise) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		p[i] = byte((at + int64(i)) * 2654435761 >> 13)
	}
	return len(p), nil
}

// large sends a GiB up and down, and measures the memory of the server and of this process.
func (m *mediaBench) large(ctx context.Context) ([]metric, error) {
	m.say("media: a file of 1 GiB")
	ours, err := proc.Resident(os.Getpid())
	if err != nil {
		return nil, err
	}
	theirs, err := proc.Resident(m.servers[0].proc.PID)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	var peak int64
	var watch sync.WaitGroup
	watch.Go(func() { peak = m.peak(watching) })
	began := time.Now()
	seq, a, err := m.send(ctx, natter.File{Name: "large", Size: mediaLarge, Content: noise{}})
	up := time.Since(began)
	if err == nil {
		var to *os.File
		if to, err = os.Create(filepath.Join(m.dir, "large")); err == nil {
			began = time.Now()
			err = errors.Join(m.client.Download(ctx, m.channel, seq, &a, to, nil), to.Close(), os.Remove(to.Name()))
		}
	}
	down := time.Since(began)
	stop()
	watch.Wait()
	own, failed := proc.Resident(os.Getpid())
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	const mib = 1 << 20
	return []metric{
		{"large_up_s", up.Seconds()},
		{"large_down_s", down.Seconds()},
		{"large_server_mb", float64(peak-theirs) / mib},
		{"large_client_mb", float64(own-ours) / mib},
	}, nil
}
