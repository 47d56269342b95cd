package natter

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"natterjack/server/wire"
)

// storage answers the requests of uploads with a status each, and counts them.
type storage struct {
	http.RoundTripper

	status []int // the last one stays
	puts   int
}

// RoundTrip implements [http.RoundTripper].
func (s *storage) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPut {
		return s.RoundTripper.RoundTrip(req)
	}
	status := s.status[min(s.puts, len(s.status)-1)]
	s.puts++
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: req}, req.Body.Close()
}

// offering answers each reserve_upload with the next offer, and the last one again and again.
func offering(offers ...wire.Frame) func(p *peer) {
	return func(p *peer) {
		p.welcome()
		for i := 0; ; {
			var ref uint64
			switch c := p.read().(type) {
			case nil:
				return
			case wire.CompleteUpload:
				p.write(wire.Attached{Ref: c.Ref})
				continue
			case wire.ReserveUpload:
				ref = c.Ref.Ref
			default:
				continue
			}
			p.write(offerTo(ref, offers[min(i, len(offers)-1)]))
			i++
		}
	}
}

func offerTo(ref uint64, f wire.Frame) wire.Frame {
	switch f := f.(type) {
	case wire.Upload:
		f.Ref = wire.Ref{Ref: ref}
		return f
	case *wire.Error:
		e := *f
		e.Ref = wire.Ref{Ref: ref}
		return &e
	}
	return f
}

// An upload that gets nowhere ends with an error after some tries, and rests between them.
func TestUpload_storage(t *testing.T) {
	const media = "abcdefghijklmnopqrstuvwxyz"
	whole := wire.Upload{Media: media, Method: http.MethodPut, URL: "http://storage/whole"}
	stored := wire.Upload{Media: media, Stored: true}
	part := func(n int) wire.UploadPart { return wire.UploadPart{Number: n, Size: 1, URL: "http://storage/part"} }
	old := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() // synctest begins in 2000
	parts := func(n ...int) wire.Upload {
		up := wire.Upload{Media: media, Method: http.MethodPut, Expires: old, PartSize: 1}
		for _, n := range n {
			up.Parts = append(up.Parts, part(n))
		}
		return up
	}
	full := wire.Errorf(wire.CodeStorageFull, "no room")
	for name, test := range map[string]struct {
		offers []wire.Frame
		status []int
		puts   int
		want   string // in the error
	}{
		"full":                         {[]wire.Frame{whole}, []int{507}, uploadTries, "507"},
		"full for the server":          {[]wire.Frame{full}, []int{200}, 0, "no room"},
		"full for a moment":            {[]wire.Frame{full, whole, stored}, []int{200}, 1, ""},
		"there, and never found":       {[]wire.Frame{whole}, []int{412}, uploadTries, "still asks"},
		"there":                        {[]wire.Frame{whole, stored}, []int{412}, 1, ""},
		"nothing is offered":           {[]wire.Frame{parts()}, []int{200}, 0, "still asks"},
		"this machine's clock is fast": {[]wire.Frame{parts(1, 2), parts(2), stored}, []int{200}, 2, ""},
		"away, and then not found":     {[]wire.Frame{whole}, []int{503, 503, 503, 503, 503, 503, 412}, 6 + uploadTries, "still asks"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := script(t, offering(test.offers...))
				s := &storage{RoundTripper: r.client.Transport, status: test.status}
				c := r.start(t, func(o *Options) { o.HTTPClient = &http.Client{Transport: s} })
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := c.Upload(ctx, "alice~bob", File{Name: "x", Size: 2, Content: strings.NewReader("xy")})
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
				if s.puts != test.puts {
					t.Errorf("%d requests to storage, not %d", s.puts, test.puts)
				}
			})
		})
	}
}
