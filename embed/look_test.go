package embed

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// TestPauseAfter looks again soon while guests come that are too fresh to be closed. If looks are
// dear it looks less often.
func TestPauseAfter(t *testing.T) {
	for _, c := range []struct {
		guests, closed int
		took, want     time.Duration
	}{
		{0, 0, time.Millisecond, lookVain},
		{9, 3, time.Millisecond, lookBusy},
		{9, 0, time.Microsecond, lookFresh},
		{9, 0, 10 * time.Millisecond, lookShare * 10 * time.Millisecond},
		{9, 0, time.Minute, lookVain},
	} {
		if got := pauseAfter(c.guests, c.closed, c.took); got != c.want {
			t.Errorf("%d guests, %d closed: the next look comes after %v, want %v", c.guests, c.closed, got, c.want)
		}
	}
}

// TestLookAtGuests has two addresses take all places with connections that say nothing. No
// connection comes in, until one look has freed half of the places: first the oldest of the address
// that has the most.
func TestLookAtGuests(t *testing.T) {
	const places, few = 64, 8
	s := unwatched(t, places)
	connect := func() (*nats.Conn, error) {
		return nats.Connect(s.nats.ClientURL(), nats.UserInfo("service", "pw"), nats.NoReconnect(), nats.Timeout(within))
	}
	stay, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	defer stay.Close()
	modest, crowd := net.IPv4(127, 0, 0, 2), net.IPv4(127, 0, 0, 3)
	s.beset(t, crowd, places/2)
	s.beset(t, modest, few)
	s.beset(t, crowd, places/2-few-1)
	want := s.present(t)
	if c, err := connect(); err == nil {
		c.Close()
		t.Error("there was a place left")
	}

	if _, closed := s.lookAtGuests(); closed != places/2 {
		t.Errorf("%d guests were closed, want %d", closed, places/2)
	}
	c, err := connect()
	if err != nil {
		t.Fatalf("after the look: %v", err)
	}
	c.Close()
	if err := stay.FlushTimeout(within); err != nil {
		t.Errorf("who had logged in: %v", err)
	}
	gone := 0
	want = slices.DeleteFunc(want, func(c guest) bool {
		if c.ip == crowd.String() && gone < places/2 {
			gone++
			return true
		}
		return false
	})
	if diff := cmp.Diff(want, s.present(t), cmp.AllowUnexported(guest{})); diff != "" {
		t.Errorf("who is there after the look (-want +got):\n%s", diff)
	}
}

// looked is a server whose guests only the test watches.
type looked struct{ *Server }

// within bounds each wait of the test of guests, all of which the server's own bound for them
// outlasts.
const within = 30 * time.Second

// unwatched starts a server with some places.
func unwatched(t *testing.T, places int) looked {
	t.Helper()
	n, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		MaxConn: places, AuthTimeout: 4 * within.Seconds(), Users: []*server.User{{Username: "service", Password: "pw"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(func() {
		n.Shutdown()
		n.WaitForShutdown()
	})
	return looked{&Server{nats: n, places: places}}
}

// beset opens connections from an address that say nothing, one after the other. They end with the
// test.
func (s looked) beset(t *testing.T, from net.IP, many int) {
	t.Helper()
	for range many {
		before := s.nats.NumClients()
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(t.Context(), "tcp", s.nats.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		for deadline := time.Now().Add(within); s.nats.NumClients() == before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("a connection never took a place")
			}
		}
	}
}

// guest is a connection by its number and its address.
type guest struct {
	cid uint64
	ip  string
}

// present returns the connections that have not logged in, the oldest first.
func (s looked) present(t *testing.T) (all []guest) {
	t.Helper()
	conns, err := s.nats.Connz(&server.ConnzOptions{Username: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conns.Conns {
		if c.AuthorizedUser == "" {
			all = append(all, guest{c.Cid, c.IP})
		}
	}
	return all
}
