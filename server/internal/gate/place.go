package gate

import "net/netip"

// place holds the connections from one address or from one prefix.
type place struct {
	of     netip.Prefix
	open   int // connections, and requests through proxies
	guests list
}

// find returns the places of a source, in the order of the lists. Places that are not known yet are
// new, and not remembered. The caller holds the gate's lock.
func (g *Gate) find(from source) (at [2]*place) {
	for i, p := range [2]netip.Prefix{from.address, from.prefix} {
		if !p.IsValid() {
			continue
		}
		if at[i] = g.places[p]; at[i] == nil {
			at[i] = &place{of: p, guests: list{kind: ofAddress + i}}
		}
	}
	return at
}

// enter counts an entry at its places. The caller holds the gate's lock.
func (g *Gate) enter(e *entry, at [2]*place) {
	e.at = at
	for _, p := range at {
		if p != nil {
			p.open++
			g.places[p.of] = p
		}
	}
}

// exit undoes enter. The caller holds the gate's lock.
func (g *Gate) exit(e *entry) {
	for _, p := range e.at {
		if p == nil {
			continue
		}
		if p.open--; p.open == 0 {
			delete(g.places, p.of)
		}
	}
	e.at = [2]*place{}
}
