package scan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"natterjack/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clamd answers as a ClamAV daemon does. It takes at most limit bytes.
func clamd(t *testing.T, limit int, answer func(file []byte) string) Clamd {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clamd")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			serve(conn, limit, answer)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	return Parse(path)
}

func serve(conn net.Conn, limit int, answer func(file []byte) string) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil || string(command) != "zINSTREAM\x00" {
		_, _ = io.WriteString(conn, "UNKNOWN COMMAND\x00")
		return
	}
	var file bytes.Buffer
	for {
		var size uint32
		if binary.Read(conn, binary.BigEndian, &size) != nil {
			return
		}
		if size == 0 {
			_, _ = io.WriteString(conn, answer(file.Bytes()))
			return
		}
		if file.Len()+int(size) > limit {
			_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
		if _, err := io.CopyN(&file, conn, int64(size)); err != nil {
			return
		}
	}
}

const virus = "X5O!P%@AP"

func look(file []byte) string {
	if bytes.Contains(file, []byte(virus)) {
		return "stream: Eicar-Test-Signature FOUND\x00"
	}
	return "stream: OK\x00"
}

func scan(t *testing.T, c Clamd, file string) (string, error) {
	t.Helper()
	return c.Scan(t.Context(), strings.NewReader(file), int64(len(file)))
}

func TestScan(t *testing.T) {
	c := clamd(t, 1<<20, look)
	for _, file := range []string{"", "harmless", strings.Repeat("x", 3*chunk), strings.Repeat("x", chunk)} {
		if found, err := scan(t, c, file); found != "" || err != nil {
			t.Errorf("%d bytes: %q, %v", len(file), found, err)
		}
	}
	// At the border of two chunks.
	for _, file := range []string{virus, strings.Repeat("x", chunk-4) + virus} {
		if found, err := scan(t, c, file); found != "Eicar-Test-Signature" || err != nil {
			t.Errorf("%d bytes: %q, %v", len(file), found, err)
		}
	}
}

// A file that was not scanned is not taken for a clean one.
func TestScan_fails(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for name, try := range map[string]struct {
		daemon Clamd
		file   string
		code   wire.Code
	}{
		"too large":          {clamd(t, 100<<10, look), big, wire.CodeTooLarge},
		"an error":           {clamd(t, 1<<20, func([]byte) string { return "stream: Can't allocate memory ERROR\x00" }), "x", wire.CodeUnavailable},
		"no answer":          {clamd(t, 1<<20, func([]byte) string { return "" }), "x", wire.CodeUnavailable},
		"half an answer":     {clamd(t, 1<<20, func([]byte) string { return "stream: " }), "x", wire.CodeUnavailable},
		"a virus of no name": {clamd(t, 1<<20, func([]byte) string { return "stream:  FOUND" }), "x", wire.CodeUnavailable},
		"nobody there":       {Parse(filepath.Join(t.TempDir(), "clamd")), "x", wire.CodeUnavailable},
		"nobody there, TCP":  {Parse("127.0.0.1:1"), "x", wire.CodeUnavailable},
	} {
		if found, err := scan(t, try.daemon, try.file); found != "" || !errors.Is(err, &wire.Error{Code: try.code}) {
			t.Errorf("%s: %q, %v", name, found, err)
		}
	}
}
