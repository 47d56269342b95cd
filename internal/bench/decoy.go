package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"natterjack/internal/nodeproc"
)

const (
	decoyListens = "a decoy listens at "
	headerLimit  = 10 * time.Second
)

// serveDecoy runs a process that is attacked in place of a server: the HTTP server of the standard
// library, with nothing behind it. If users suffer beside it, the attackers themselves take that
// from the machine.
func serveDecoy(ctx context.Context, out io.Writer) error {
	return serveHTTP(ctx, out, decoyListens, http.NotFoundHandler())
}

// serveHTTP answers requests on a port of its own until ctx ends. It first writes a line with the
// address, behind listens, for the process that has started this one.
func serveHTTP(ctx context.Context, out io.Writer, listens string, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if _, err := fmt.Fprintln(out, listens+l.Addr().String()); err != nil {
		return err
	}
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// launchDecoy starts a process to attack, and returns its address.
func (r *rig) launchDecoy(ctx context.Context) (p *nodeproc.Process, addr string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, err = nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "decoy", Path: self, Args: []string{"--role", roleDecoy}, Output: io.Discard,
		Ready: func(line string) (found bool) {
			addr, found = strings.CutPrefix(line, decoyListens)
			return found
		},
	}, 10*time.Second)
	return p, addr, err
}
