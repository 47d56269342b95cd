package gate

import (
	"cmp"
	"time"
)

// Limits bound the open connections. A bound of 0 leaves the choice to [Limits.Complete].
type Limits struct {
	Connections        int // all
	AddressConnections int // of one address
	PrefixConnections  int // of one prefix, see [source]
	Guests             int // all that have not signed in
	AddressGuests      int
	PrefixGuests       int
}

const (
	// maxGuests is the number that memory allows: half a request takes up to 48 KiB.
	maxGuests = 4096
	// maxAddressGuests is more than the clients behind one address that come back at the same
	// moment after a restart.
	maxAddressGuests = 1024
	maxPrefixGuests  = 2048
)

// Complete returns the limits with all bounds set. The connections must be set. An address has the
// bounds of all addresses together, unless they are set: users who have signed in are bounded by
// user, and many users may share an address.
func (l Limits) Complete() Limits {
	l.AddressConnections = cmp.Or(l.AddressConnections, l.Connections)
	l.PrefixConnections = cmp.Or(l.PrefixConnections, l.Connections)
	l.Guests = cmp.Or(l.Guests, max(1, min(l.Connections/2, maxGuests)))
	l.AddressGuests = cmp.Or(l.AddressGuests, max(1, min(l.Guests*3/4, maxAddressGuests)))
	l.PrefixGuests = cmp.Or(l.PrefixGuests, max(1, min(l.Guests*7/8, maxPrefixGuests)))
	return l
}

const (
	// guestLife is how long a connection may take to sign in, from its first packet on. It
	// allows for a phone on a bad network.
	guestLife = 20 * time.Second
	// silentFor is how long a guest keeps its place while others want it, from its first packet
	// or its last header on. It is a few round trips.
	silentFor = 100 * time.Millisecond
	// freeRequests is how many requests of a connection count as steps to a sign-in: a page, its
	// scripts and styles, and the sign-in. Further ones do not make the connection younger, so
	// asking without end keeps no place.
	freeRequests = 8
	// checkedFor is the same while the server checks a guest's token, which may take the server
	// longer than the client.
	checkedFor = 5 * time.Second
	// lookAt bounds how many guests are looked at to find one whose place may be taken.
	lookAt = 64
)
