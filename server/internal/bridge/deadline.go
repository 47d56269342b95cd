package bridge

import (
	"net/http"
	"slices"
	"time"
)

// piece is about how many bytes a peer has to take within [writeTimeout]: fewer than any buffer on
// the way holds.
const piece = 16 << 10

// LimitWrites makes a server close a connection of HTTP/2 whose peer takes nothing for the time
// that a slow client has. The deadlines of its streams do not do that: the frame that resets a
// stream waits behind the frame that is being written. It must be called before the server serves.
func LimitWrites(s *http.Server) {
	if s.HTTP2 == nil {
		s.HTTP2 = new(http.HTTP2Config)
	}
	s.HTTP2.WriteByteTimeout = writeTimeout
}

// write writes a part of the answer and flushes it. The peer must take some of it within
// [writeTimeout].
//
// The deadline does not stay while nothing is written. HTTP/2 resets a stream when its deadline
// passes, although nothing may be waiting then.
func (x *exchange) write(p []byte) error {
	for some := range slices.Chunk(p, piece) {
		limit(x.rc)
		if _, err := x.w.Write(some); err != nil {
			return err
		}
	}
	if err := x.rc.Flush(); err != nil {
		return err
	}
	_ = x.rc.SetWriteDeadline(time.Time{}) // it was set, so it can be taken back
	return nil
}

// limit gives the peer [writeTimeout] for the next write. If nothing follows, it limits the end of
// the answer, which net/http writes; the deadline ends with the request.
func limit(rc *http.ResponseController) {
	_ = rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // if the server cannot, its own timeouts hold
}
