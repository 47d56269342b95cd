package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"natterjack/clients/internal/servertest"
)

const (
	gibibyte = 1 << 30
	// mostMemory is what a process may have in memory at its peak for such a file.
	mostMemory = 100 << 20
)

// TestGibibyte uploads and downloads a file of 1 GiB by the command, which is killed in the middle
// and given again, as is the server. It arrives whole, and no process ever has much of it in
// memory. It takes part in the full run only: it writes 5 GiB to the disk.
func TestGibibyte(t *testing.T) {
	if os.Getenv("NATTERJACK_CHAOS") != "full" {
		t.Skip("NATTERJACK_CHAOS is not full: no file of 1 GiB is sent")
	}
	binary, err := servertest.Build("natter", "natterjack/clients/cli")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	s := servertest.Start(t)
	file, back := filepath.Join(t.TempDir(), "noise.bin"), filepath.Join(t.TempDir(), "back.bin")
	sum := writeNoise(t, file)
	g := &transfer{t: t, s: s, binary: binary}
	began := time.Now()
	g.interrupted(ctx, "upload", "--as", "alice", "--to", "bob", file)
	t.Logf("up, with a break: %v", time.Since(began))
	began = time.Now()
	g.interrupted(ctx, "download", "--as", "bob", "--with", "alice", "-o", back, "1")
	t.Logf("down, with a break: %v", time.Since(began))
	g.server = max(g.server, peakOf(t, s.PID()))
	if got := hashFile(t, back); got != sum {
		t.Errorf("it arrived as %s, not as %s", got, sum)
	}
	t.Logf("at the peak the server had %d MiB, and natter %d MiB", g.server>>20, g.natter>>20)
	if g.server > mostMemory || g.natter > mostMemory {
		t.Errorf("at the peak the server had %d bytes, and natter %d; at most %d are allowed", g.server, g.natter, mostMemory)
	}
}

// transfer gives a command twice.
type transfer struct {
	t              *testing.T
	s              *servertest.Server
	binary         string
	server, natter int64 // bytes in memory at the peak
}

// interrupted gives a command and kills it, gives it again and kills the server, and waits.
func (g *transfer) interrupted(ctx context.Context, args ...string) {
	g.t.Helper()
	args = append(args, "--server", g.s.URL)
	first := g.begin(ctx, args)
	g.after(first, 3*time.Second)
	_ = first.Process.Kill()
	if first.Wait() == nil {
		g.t.Errorf("%s was done before it could be interrupted", args[0])
	}
	second := g.begin(ctx, args)
	g.after(second, 3*time.Second)
	g.s.Kill(g.t)
	g.s.Again(g.t)
	ended := make(chan error, 1)
	go func() { ended <- second.Wait() }()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		select {
		case <-tick.C:
			g.look(second)
			continue
		case err := <-ended:
			tick.Stop()
			if err != nil {
				g.t.Fatalf("%s: %v: %s", args[0], err, second.Stderr)
			}
		}
		return
	}
}

func (g *transfer) begin(ctx context.Context, args []string) *exec.Cmd {
	g.t.Helper()
	cmd := exec.CommandContext(ctx, g.binary, args...)
	cmd.Env = append(os.Environ(), "NATTERJACK_DATA="+g.s.Data)
	cmd.Stderr = new(strings.Builder)
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	return cmd
}

// after looks at both processes for a while.
func (g *transfer) after(cmd *exec.Cmd, d time.Duration) {
	g.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(d); ; {
		select {
		case <-tick.C:
			g.look(cmd)
		case <-end:
			return
		}
	}
}

func (g *transfer) look(cmd *exec.Cmd) {
	g.t.Helper()
	g.server, g.natter = max(g.server, peakOf(g.t, g.s.PID())), max(g.natter, peakOf(g.t, cmd.Process.Pid))
}

// peakOf returns how many bytes a process had in memory at its peak, as the kernel counts them, or
// 0 if it has ended.
func peakOf(t *testing.T, pid int) int64 {
	t.Helper()
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	return 0
}

// writeNoise writes a file that cannot be compressed, and returns its hash.
func writeNoise(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h, source := sha256.New(), rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, 1<<20)
	for range gibibyte / len(buf) {
		for i := 0; i < len(buf); i += 8 {
			binary.LittleEndian.PutUint64(buf[i:], source.Uint64())
		}
		_, _ = h.Write(buf) // a hash never fails
		if _, err := f.Write(buf); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashFile(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}
