package chaos_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	natter "natterjack/clients/go"
	"natterjack/internal/nodetest"
)

// filePoints are the points of an upload at which a build of the server can kill itself, and
// whether only a file in parts passes them.
var filePoints = map[string]bool{
	"media_reserved": false, "media_started": true, "media_assembled": true, "media_fetched": false, "media_inspected": false,
	"media_previewed": false, "media_kept": false, "media_recorded": false, "media_tidied": false,
}

// TestUploadCrash kills the server at every step of an upload, and in the middle of the bytes,
// twenty times in the full run. The client goes on each time: every file arrives whole, none
// twice, and nothing stays reserved.
func TestUploadCrash(t *testing.T) {
	beside(t)
	plan := newPlan(t)
	ctx, cancel := context.WithTimeout(t.Context(), sometimes(10*time.Minute, 4*time.Minute))
	defer cancel()
	path, err := crashable()
	if err != nil {
		t.Fatal(err)
	}
	node := nodetest.New(t, path, nodetest.Options{Size: 1, Plan: plan, Limits: limits, Shards: shards})[0]
	node.Start()
	alice := uploader(t, node)
	var kills int
	sent := map[uint64]natter.Attachment{}
	for round := range sometimes(2, 1) {
		for _, point := range steps(plan) {
			node.Kill()
			env := []string{"NATTERJACK_CRASH=" + point + ":1"}
			if point == "" {
				env = nil
			}
			node.Start(env...)
			file := picture(t, 640+kills, 480)
			if filePoints[point] || point == "" {
				file = large(byte(kills))
			}
			var a natter.Attached
			var uploading sync.WaitGroup
			uploading.Go(func() { a, err = alice.Upload(ctx, "alice~bob", fileOf(fmt.Sprintf("%s-%d", point, round), file)) })
			if point == "" {
				<-time.After(time.Duration(20+plan.IntN(200)) * time.Millisecond)
				node.Kill()
			} else {
				if e := node.AwaitSuicide(ctx); e != nil {
					t.Fatalf("%s: %v", point, e)
				}
				node.Life.Doom()
			}
			kills++
			node.Start()
			if uploading.Wait(); err != nil {
				t.Fatalf("%q: upload: %v", point, err)
			}
			ack, err := alice.Send(ctx, "alice~bob", point, natter.WithAttachments(a))
			if err != nil {
				t.Fatalf("%q: send: %v", point, err)
			}
			sent[ack.Seq] = a.Attachment
		}
	}
	t.Logf("killed %d times", kills)
	for seq, a := range sent {
		verifyFile(t, ctx, alice, seq, &a)
	}
	use, err := alice.Storage(ctx, "")
	var size int64
	for _, a := range sent {
		size += a.Size
	}
	if err != nil || use.User.Used+use.User.Reserved > size+size/100 || len(sent) != kills {
		t.Errorf("%+v for %d files of %d bytes, %v", use.User, len(sent), size, err)
	}
	nothingTemporary(t, node)
}

// steps returns where to kill the server: at all points and in the middle of the bytes, or in the
// short run at some of them.
func steps(plan *rand.Rand) []string {
	all := append(slices.Sorted(maps.Keys(filePoints)), "")
	if full {
		return all
	}
	plan.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:3]
}

// TestUploadCrash_points shows that the test above walks all points that there are.
func TestUploadCrash_points(t *testing.T) {
	found := pointsOf(t, "../internal/media/crashpoint/crashpoint.go")
	slices.Sort(found)
	if want := slices.Sorted(maps.Keys(filePoints)); !slices.Equal(found, want) {
		t.Errorf("there are %v, and the test kills at %v", found, want)
	}
}

// uploader returns a client of alice's that runs until the end of the test.
func uploader(t *testing.T, node *nodetest.Node) *natter.Client {
	t.Helper()
	return clientAt(t, node, "alice")
}

// clientAt returns a client of a user at one node, which runs until the end of the test.
func clientAt(t *testing.T, node *nodetest.Node, user string) *natter.Client {
	t.Helper()
	c, err := natter.New(natter.Options{
		URLs: []string{node.URL}, Tokens: natter.SignIn{User: user, URLs: []string{node.URL}, Data: node.SignIn()}, BackoffMax: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(context.Background()) })
	t.Cleanup(func() { _ = c.Close(); running.Wait() })
	return c
}

func fileOf(name string, content []byte) natter.File {
	return natter.File{Name: name, Size: int64(len(content)), Content: bytes.NewReader(content)}
}

// picture returns a JPEG that has previews of both sizes.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x + y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// large returns a file that is uploaded in parts.
func large(seed byte) []byte {
	file := make([]byte, 66<<20)
	for i := range file {
		file[i] = byte(i>>12) + seed
	}
	return file
}

// verifyFile downloads a file, and compares it with the facts in the message.
func verifyFile(t *testing.T, ctx context.Context, c *natter.Client, seq uint64, a *natter.Attachment) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := c.Download(ctx, "alice~bob", seq, a, f, nil); err != nil {
		t.Errorf("message %d: download: %v", seq, err)
		return
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, a.Size+1)); err != nil || hex.EncodeToString(h.Sum(nil)) != a.SHA256 {
		t.Errorf("message %d: the file is torn (%v)", seq, err)
	}
	for _, p := range a.Previews {
		if u, err := c.MediaURL(ctx, "alice~bob", seq, a.ID, p.Rendition); err != nil || u.Size != p.Size {
			t.Errorf("message %d: %s: %v", seq, p.Rendition, err)
		}
	}
}

// nothingTemporary checks that no temporary file is left.
func nothingTemporary(t *testing.T, node *nodetest.Node) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(node.Data(), "tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}
