package gate

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// source is where a connection comes from: an address, and a prefix that contains it. A whole IPv6
// /64 counts as one address, because a provider gives each customer at least a /64. The prefix is
// an IPv4 /24 or an IPv6 /48. The zero source has no address, as a pipe has none.
type source struct{ address, prefix netip.Prefix }

func sourceOf(a netip.Addr) source {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid():
		return source{}
	case a.Is4():
		return source{prefixOf(a, 32), prefixOf(a, 24)}
	default:
		return source{prefixOf(a, 64), prefixOf(a, 48)}
	}
}

func prefixOf(a netip.Addr, bits int) netip.Prefix {
	p, _ := a.Prefix(bits) // the bits are right for the address
	return p
}

// Address returns the address for which a request with this RemoteAddr counts: an IPv4 address or
// an IPv6 /64. It is the zero prefix for a peer without an address.
func Address(remote string) netip.Prefix {
	if at, err := netip.ParseAddrPort(remote); err == nil {
		return sourceOf(at.Addr()).address
	}
	a, _ := netip.ParseAddr(remote) // the zero address if it is none
	return sourceOf(a).address
}

// peer returns the address of the other side, or the zero address if it has none.
func peer(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}

// proxies are the networks of the trusted proxies.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// client returns the address for which a request from a trusted proxy counts. Each proxy appends
// the address of its own peer to X-Forwarded-For. So the list is read from the right, and the first
// address that is not a trusted proxy's is the client's. Everything to the left of it was written
// by the client, which may write anything.
func (p proxies) client(proxy netip.Addr, h http.Header) netip.Addr {
	hops := strings.Split(strings.Join(h.Values("X-Forwarded-For"), ","), ",")
	client := proxy
	for _, hop := range slices.Backward(hops) {
		a, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			return client
		}
		if client = a; !p.trust(a) {
			return client
		}
	}
	return client
}

// parseHop reads an address, with or without a port.
func parseHop(hop string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(hop, "[]")); err == nil {
		return a.Unmap(), true
	}
	a, err := netip.ParseAddrPort(hop)
	return a.Addr().Unmap(), err == nil
}

// ParseProxy reads the address or the network of a trusted proxy.
func ParseProxy(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}
