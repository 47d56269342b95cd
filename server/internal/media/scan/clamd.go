// Package scan asks a virus scanner about files.
package scan

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"natterjack/server/wire"
)

const (
	chunk = 64 << 10
	// slowest is how many bytes a second a scanner must take.
	slowest = 256 << 10
	// least is how long even a small file may take.
	least = time.Minute
	// maxAnswer is the greatest length of an answer. Names of viruses are short.
	maxAnswer = 4 << 10
)

// Clamd is a ClamAV daemon that is asked over a socket, by its command INSTREAM. Both
// fields must be set. Its method may be called concurrently.
type Clamd struct {
	Network, Address string // "tcp" and host:port, or "unix" and a path
}

// Parse returns the daemon at an address: host:port, or the path of a socket.
func Parse(address string) Clamd {
	if strings.HasPrefix(address, "/") {
		return Clamd{"unix", address}
	}
	return Clamd{"tcp", address}
}

// Scan returns the name of the virus that the daemon has found in a file, or nothing. A file that
// the daemon does not take is refused: a file that was not scanned must not be stored. An error is
// a [*wire.Error], and tells operators what to do.
func (c Clamd) Scan(ctx context.Context, file io.Reader, size int64) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, least+time.Duration(size/slowest)*time.Second)
	defer cancel()
	answer, err := c.ask(ctx, file)
	if err != nil {
		return "", fmt.Errorf("%w: scanner: %w", wire.Errorf(wire.CodeUnavailable, "files cannot be scanned for viruses now; retry").After(5*time.Second), err)
	}
	if strings.Contains(answer, "size limit exceeded") {
		return "", fmt.Errorf("%w: scanner: %q; raise StreamMaxLength in clamd.conf", wire.Errorf(wire.CodeTooLarge, "size: the virus scanner of this server takes no files of this size"), answer)
	}
	said, ok := strings.CutPrefix(answer, "stream: ")
	if found, bad := strings.CutSuffix(said, " FOUND"); ok && bad && found != "" {
		return found, nil
	}
	if said != "OK" {
		return "", fmt.Errorf("%w: scanner: it answers %q", wire.Errorf(wire.CodeUnavailable, "files cannot be scanned for viruses now; retry").After(5*time.Second), answer)
	}
	return "", nil
}

// ask sends a file and returns the answer.
func (c Clamd) ask(ctx context.Context, file io.Reader) (answer string, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, c.Network, c.Address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := send(conn, file); err != nil {
		if failed, ok := errors.AsType[*readError](err); ok {
			return "", failed.error
		}
		// The daemon stops reading when it has had enough, and its answer says why.
	}
	said, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	answer = strings.TrimRight(string(said), "\x00\n")
	if answer == "" {
		return "", errors.Join(errors.New("clamd does not answer"), err)
	}
	return answer, nil
}

// readError is an error of the file, not of the daemon.
type readError struct{ error }

func send(conn io.Writer, file io.Reader) error {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return err
	}
	buf := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(file, buf[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if _, err := conn.Write(buf[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			_, err := conn.Write(make([]byte, 4))
			return err
		case err != nil:
			return &readError{err}
		}
	}
}
