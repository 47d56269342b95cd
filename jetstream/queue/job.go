package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a stored job. Its body is the body of the message. Operators read both.
const (
	headerID        = "Natterjack-Job"
	headerTarget    = "Natterjack-Target"
	headerNotBefore = "Natterjack-Not-Before"
	headerExpires   = "Natterjack-Expires"
	headerTries     = "Natterjack-Tries"
	headerError     = "Natterjack-Error"
	headerReason    = "Natterjack-Reason" // of a dead letter
)

const (
	maxID    = 256
	maxBody  = 64 << 10
	maxError = 512 // bytes of an error's text that are kept
)

// Job is something that a worker is to do. Operators can read all of it, so it holds no secrets.
type Job struct {
	// ID names the job. A job with the id of another is the same job, see [Config.Window].
	ID string
	// Target is the third party that the job asks. The jobs of a target are bounded apart from
	// all others.
	Target    string
	NotBefore time.Time // the zero time is at once
	Expires   time.Time // when the job is not worth doing any more; zero for [Config.Keep] from now
	Body      []byte

	// The queue sets the following.

	Tries int    // how many have failed
	Error string // of the last one
}

var errJob = errors.New("queue: a job needs an id and a target of at most 256 bytes, and a body of at most 64 KiB")

func (j *Job) validate() error {
	if j.ID == "" || len(j.ID) > maxID || j.Target == "" || len(j.Target) > maxID || len(j.Body) > maxBody ||
		strings.ContainsAny(j.ID+j.Target, "\r\n") {
		return errJob
	}
	return nil
}

// message returns the job as the stream stores it.
func (j *Job) message(subject string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = j.Body
	m.Header.Set(jetstream.MsgIDHeader, j.ID+"#"+strconv.Itoa(j.Tries))
	m.Header.Set(headerID, j.ID)
	m.Header.Set(headerTarget, j.Target)
	m.Header.Set(headerExpires, j.Expires.UTC().Format(time.RFC3339Nano))
	if !j.NotBefore.IsZero() {
		m.Header.Set(headerNotBefore, j.NotBefore.UTC().Format(time.RFC3339Nano))
	}
	if j.Tries > 0 {
		m.Header.Set(headerTries, strconv.Itoa(j.Tries))
		m.Header.Set(headerError, j.Error)
	}
	return m
}

// jobOf reads a stored job. After an error the job has the parts that could be read.
func jobOf(h nats.Header, body []byte) (j Job, err error) {
	j = Job{ID: h.Get(headerID), Target: h.Get(headerTarget), Body: body, Error: h.Get(headerError)}
	var errs []error
	for name, at := range map[string]*time.Time{headerNotBefore: &j.NotBefore, headerExpires: &j.Expires} {
		text := h.Get(name)
		if text == "" && name == headerNotBefore {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339Nano, text); err != nil {
			errs = append(errs, fmt.Errorf("header %s: %w", name, err))
		}
	}
	if text := h.Get(headerTries); text != "" {
		if j.Tries, err = strconv.Atoi(text); err != nil || j.Tries < 0 {
			errs = append(errs, fmt.Errorf("header %s is %q", headerTries, text))
		}
	}
	return j, errors.Join(append(errs, j.validate())...)
}

// brief returns the text of an error, short and on one line, as a header may have it.
func brief(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "")
	}
	return textproto.TrimString(text)
}

// token returns a target as a token of a subject. Targets that have the same token share a bound,
// and nothing else.
func token(target string) string {
	text := strings.ReplaceAll(target, ".", "_")
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if text != "" && len(text) <= 64 && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	sum := sha256.Sum256([]byte(target))
	return "~" + hex.EncodeToString(sum[:8])
}
