package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"natterjack/internal/bench/internal/pause"
	"natterjack/server/wire"
)

const (
	// attackAddresses is how many loopback addresses the attackers have.
	attackAddresses = 8
	// comeBack is how long an attacker waits, on average, before it opens another connection in
	// place of one that was closed. With ten thousand attackers it bounds the CPU that they take
	// from the machine that they share with the server.
	comeBack = 10 * time.Second
	// rubbishPause is the time between two writes of rubbish of one attacker.
	rubbishPause = 20 * time.Millisecond
	floodPause   = 20 * time.Millisecond // between two connects of one flooder
)

// Plan says how many hostile connections of each kind there are.
type Plan struct {
	Addr    string
	Silent  int // send nothing
	Halves  int // send half a header
	Slow    int // sign in, ask for much, and read nothing
	Rubbish int // send frames that are none
	Floods  int // connect with a wrong token, again and again
	Tokens  [][]byte
}

// Size returns the number of attackers.
func (p *Plan) Size() int { return p.Silent + p.Halves + p.Slow + p.Rubbish + p.Floods }

// Attack is a plan that is carried out.
type Attack struct {
	Plan
	Opened, Closed atomic.Int64 // connections
	running        sync.WaitGroup
}

// Begin starts the attackers. They end with ctx.
func (a *Attack) Begin(ctx context.Context) {
	all := 0
	for _, kind := range []struct {
		n  int
		do func(ctx context.Context, who int)
	}{{a.Silent, a.holding("")}, {a.Halves, a.holding("GET /v1/ws HTTP/1.1\r\nHost: x\r\n")}, {a.Slow, a.slow}, {a.Rubbish, a.rubbish}, {a.Floods, a.flood}} {
		for range kind.n {
			who := all
			all++
			a.running.Go(func() {
				for pause.For(ctx, rand.N(comeBack)) == nil {
					kind.do(ctx, who)
				}
			})
		}
	}
}

// Wait waits until all attackers have ended.
func (a *Attack) Wait() { a.running.Wait() }

func addressOf(who int) net.IP { return net.IPv4(127, 0, 1, byte(1+who%attackAddresses)) }

// holding returns an attacker that says something and then holds the connection until the
// server closes it.
func (a *Attack) holding(say string) func(ctx context.Context, who int) {
	return func(ctx context.Context, who int) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: addressOf(who)}, Timeout: dialTimeout}
		conn, err := d.DialContext(ctx, "tcp", a.Addr)
		if err != nil {
			return
		}
		defer a.opened(ctx, conn.Close)()
		if _, err := conn.Write([]byte(say)); err != nil {
			return
		}
		_, _ = conn.Read(make([]byte, 1)) // until it is closed
	}
}

// opened counts a connection and closes it when ctx ends. The caller must call the returned
// function.
func (a *Attack) opened(ctx context.Context, end func() error) (closed func()) {
	a.Opened.Add(1)
	stop := context.AfterFunc(ctx, func() { _ = end() })
	return func() {
		stop()
		_ = end() // the other side may have closed it
		a.Closed.Add(1)
	}
}

func (a *Attack) dial(ctx context.Context, who int) (s *Socket, closed func(), ok bool) {
	s, err := Dial(ctx, a.Addr, wire.PathWebSocket, addressOf(who))
	if err != nil {
		return nil, nil, false
	}
	return s, a.opened(ctx, s.Close), true
}

// slow signs in and asks for its channels until the server takes no more.
func (a *Attack) slow(ctx context.Context, who int) {
	s, closed, ok := a.dial(ctx, who)
	if !ok {
		return
	}
	defer closed()
	if s.Write(a.Tokens[who%len(a.Tokens)]) != nil {
		return
	}
	ask := Text([]byte(`{"type":"list_channels","ref":1}`))
	for pause.For(ctx, rubbishPause) == nil && s.Write(ask) == nil {
	}
}

// rubbish sends bytes that are not a frame, without a token, and throws the answers away.
func (a *Attack) rubbish(ctx context.Context, who int) {
	s, closed, ok := a.dial(ctx, who)
	if !ok {
		return
	}
	defer closed()
	a.running.Go(func() {
		for s.Read(func([]byte) error { return nil }) == nil {
		}
	})
	lines := Text([]byte(strings.Repeat("{}\n", 300)))
	for pause.For(ctx, rubbishPause) == nil && s.Write(lines) == nil {
	}
}

// flood connects with a wrong token for a while.
func (a *Attack) flood(ctx context.Context, who int) {
	for range int(comeBack / floodPause) {
		if pause.For(ctx, floodPause) != nil {
			return
		}
		s, closed, ok := a.dial(ctx, who)
		if !ok {
			return
		}
		connect := fmt.Sprintf(`{"type":"connect","version":%d,"token":"e30.e30.%d"}`, wire.Version, who)
		if s.Write(Text([]byte(connect))) == nil {
			_ = s.Read(func([]byte) error { return nil }) // the refusal
		}
		closed()
	}
}
