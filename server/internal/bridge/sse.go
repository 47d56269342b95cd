package bridge

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"natterjack/jetstream"
	"natterjack/server/wire"
)

// serveStream answers a connect frame with a stream of server-sent events (WHATWG HTML, section
// 9.2), one frame per event. The id of each event is the state from which to resume after it. A
// client that sends the last id as Last-Event-ID, as an EventSource does, need not keep
// positions itself.
func (b *Bridge) serveStream(x *exchange) error {
	f, err := x.connect()
	if err != nil {
		return err
	}
	defer f.close()
	h := x.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // otherwise nginx would hold events back
	s := &stream{exchange: x, feed: f, at: slices.Clone(f.welcome.Positions)}
	b.hub.listen(&f.attachment)
	s.begin()
	s.frame(b.encode(nil, x.id, f.welcome), true)
	s.run()
	return nil
}

// stream is an open answer of server-sent events. It has one goroutine. Requests that name its
// session give it commands whose effects last as long as the stream.
type stream struct {
	*exchange
	*feed
	at      []uint64 // the last pos sent, per shard
	buf     bytes.Buffer
	entries []*jetstream.Entry
}

// begin makes the stream live. Frames that it gets from then on are written after its welcome.
func (s *stream) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = true
}

// run writes until the client is gone, its token has expired or the bridge drains.
func (s *stream) run() {
	ping := time.NewTicker(s.bridge.pingInterval())
	defer ping.Stop()
	over := time.NewTimer(time.Until(s.expires.Add(expiryGrace)))
	defer over.Stop()
	leaving, leave := s.bridge.hub.leaving(), (<-chan time.Time)(nil)
	for {
		more, err := s.events()
		told, ok := s.told()
		if !ok {
			return
		}
		for _, frame := range told {
			s.frame(frame, false)
		}
		if err != nil {
			s.end(err)
			return
		}
		if s.flush() != nil {
			return
		}
		if more {
			continue
		}
		select {
		case <-s.wake:
		case <-ping.C:
			over.Reset(time.Until(s.expires.Add(expiryGrace))) // the clock may have been set
			s.frame(pingFrame, false)
			s.visit()
		case <-over.C:
			s.end(wire.Errorf(wire.CodeExpired, "token: has expired; reconnect with a fresh one"))
			return
		case <-s.out:
			s.end(signedOut())
			return
		case <-leaving:
			leaving, leave = nil, time.After(s.bridge.jitter())
		case <-leave:
			s.end(s.bridge.hub.farewell())
			return
		case <-s.bridge.work.Done():
			s.end(s.bridge.hub.farewell())
			return
		case <-s.r.Context().Done():
			s.hear() // hanging up is a sign of life, too
			return
		}
	}
}

// events adds one batch of the events behind the cursor.
func (s *stream) events() (more bool, err error) {
	entries, more, err := s.cursor.Next(s.entries[:0], batchBytes)
	s.entries = entries
	defer clear(entries)
	for _, e := range entries {
		s.seen(e.Frame())
		s.frame(e.Frame(), true)
	}
	return more, err
}

// seen moves the resume state past an event.
func (s *stream) seen(frame []byte) {
	if shard, pos, ok := place(frame); ok && shard < len(s.at) {
		s.at[shard] = pos
	}
}

// frame adds one frame, and the resume state if state is set.
func (s *stream) frame(frame []byte, state bool) {
	if state {
		s.buf.WriteString("id: ")
		s.buf.Write(appendState(s.buf.AvailableBuffer(), s.welcome.Epoch, s.at))
		s.buf.WriteByte('\n')
	}
	s.buf.WriteString("data: ")
	// JSON has no line breaks outside of strings, and none inside: see wire.Separator.
	s.buf.Write(frame)
	s.buf.WriteString("\n\n")
}

// end writes why the stream ends. A stream has no close code, so it writes an error frame.
func (s *stream) end(err error) {
	s.frame(s.bridge.encode(nil, s.id, s.bridge.fault(s.id, "stream", err, 0)), false)
	_ = s.flush()
}

// flush writes the frames that were added.
func (s *stream) flush() error {
	if s.buf.Len() == 0 {
		return nil
	}
	err := s.write(s.buf.Bytes())
	if s.buf.Reset(); s.buf.Cap() > maxPooled {
		s.buf = bytes.Buffer{}
	}
	return err
}

// resume takes the state to resume from out of the Last-Event-ID header. It is newer than the
// state in the body, which a client repeats unchanged when it reconnects.
func (x *exchange) resume(c *wire.Connect) error {
	id := x.r.Header.Get("Last-Event-ID")
	if id == "" {
		return nil
	}
	r, ok := parseState(id)
	if !ok {
		return wire.Errorf(wire.CodeInvalid, "Last-Event-ID: is not the id of an event of this stream")
	}
	c.Resume = r
	return nil
}

// maxState is the length of a resume state with an epoch and as many shards as a connect frame
// may name.
const maxState = 1024*len("18446744073709551615-") + 64 + len(":")

// appendState appends a resume state as one word: "epoch:17-0-4".
func appendState(dst []byte, epoch string, at []uint64) []byte {
	dst = append(dst, epoch...)
	sep := byte(':')
	for _, pos := range at {
		dst = strconv.AppendUint(append(dst, sep), pos, 10)
		sep = '-'
	}
	return dst
}

// parseState reads the positions that [appendState] wrote.
func parseState(id string) (*wire.Resume, bool) {
	i := strings.LastIndexByte(id, ':')
	if i < 0 || len(id) > maxState {
		return nil, false
	}
	r := &wire.Resume{Epoch: id[:i]}
	for word := range strings.SplitSeq(id[i+1:], "-") {
		pos, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil, false
		}
		r.Positions = append(r.Positions, pos)
	}
	return r, true
}

// place reads shard and pos from an event frame written by [wire.AppendEvent], without parsing
// the rest.
func place(frame []byte) (shard int, pos uint64, ok bool) {
	_, rest, _ := bytes.Cut(frame, []byte(`,"shard":`))
	a, rest, _ := bytes.Cut(rest, []byte(`,"pos":`))
	b, _, found := bytes.Cut(rest, []byte(","))
	shard, err := strconv.Atoi(string(a))
	if err != nil || !found || shard < 0 {
		return 0, 0, false
	}
	pos, err = strconv.ParseUint(string(b), 10, 64)
	return shard, pos, err == nil
}
