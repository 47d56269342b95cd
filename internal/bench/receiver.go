package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"natterjack/internal/nodeproc"
)

const (
	receiverListens = "a receiver listens at "
	// receiverNice is the niceness of the receiver. In earnest it is another machine, which takes
	// nothing from those who chat.
	receiverNice = "15"
	// toldPath is where a receiver says how many notifications it has taken.
	toldPath = "/told"
)

// receiver is a process that takes notifications, and counts them. In the process that measures,
// what it takes would look like a delay of the server.
type receiver struct {
	process *nodeproc.Process
	at      *url.URL
}

// launchReceiver starts a receiver.
func (r *rig) launchReceiver(ctx context.Context) (*receiver, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	told := &receiver{at: &url.URL{Scheme: "http"}}
	told.process, err = nodeproc.Launch(ctx, nodeproc.Spec{
		Name: "receiver", Path: "nice", Args: []string{"-n", receiverNice, self, "--role", roleReceiver},
		Ready: func(line string) (found bool) {
			told.at.Host, found = strings.CutPrefix(line, receiverListens)
			return found
		},
	}, 10*time.Second)
	return told, err
}

// count returns how many notifications came.
func (r *receiver) count(ctx context.Context) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at.JoinPath(toldPath).String(), nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// stop ends the receiver, and reports one that has ended by itself.
func (r *receiver) stop() error { return errors.Join(r.process.Alive(), r.process.Stop()) }

// receive takes notifications until ctx ends: the life of a receiver's process.
func receive(ctx context.Context, out io.Writer) error {
	var told atomic.Int64
	return serveHTTP(ctx, out, receiverListens, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == toldPath {
			_, _ = fmt.Fprint(w, told.Load()) // an error reaches the process that asked
			return
		}
		body, err := io.ReadAll(q.Body)
		if err == nil && bytes.Contains(body, []byte(`"seq"`)) {
			told.Add(1)
		}
	}))
}
