package guard

import (
	"fmt"
	"net/netip"
)

// special lists the IPv4 addresses that are no public host, as the IANA IPv4 special-purpose
// registry has them, and the addresses of clouds that look public and are not.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared, behind carriers' NAT; Alibaba's metadata service
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's metadata service, which has a public address
	"169.254.0.0/16",   // link-local; the metadata services of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments; Oracle's metadata service
	"192.0.2.0/24",     // documentation
	"192.31.196.0/24",  // AS112
	"192.52.193.0/24",  // AMT
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"192.175.48.0/24",  // AS112
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
)

// unicast holds the only IPv6 addresses that are given to public hosts. All else is refused
// without a list: loopback, private (fc00::/7), link-local, multicast, and the forms that hold an
// IPv4 address (::/96, 64:ff9b::/96 and 64:ff9b:1::/48 of NAT64). The IPv4-mapped form
// (::ffff:0:0/96) is judged as the IPv4 address that it is.
var unicast = netip.MustParsePrefix("2000::/3")

// special6 lists the networks within unicast that have no public hosts.
var special6 = prefixes(
	"2001::/23",         // protocol assignments: Teredo, benchmarks, ORCHID
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4: holds an IPv4 address
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
)

// Address returns an error in whose chain is [ErrRefused] if an address may not be dialled.
func (g *Guard) Address(addr netip.Addr) error {
	zone := addr.Zone()
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid():
		return refuse("the address is not valid")
	case within(g.cfg.Deny, addr):
		return refuse("the operator's configuration denies %s", addr)
	case within(g.cfg.Permit, addr):
		return nil
	case zone != "" || !public(addr):
		return refuse("%s is not a public address", addr)
	}
	return nil
}

// public reports whether an address is one of a host in the public Internet.
func public(addr netip.Addr) bool {
	if addr.Is4() {
		return !within(special, addr)
	}
	return unicast.Contains(addr) && !within(special6, addr)
}

func within(all []netip.Prefix, addr netip.Addr) bool {
	for _, p := range all {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// refusal says why something is not asked. Its text has no URL in it.
type refusal struct{ why string }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

func (r *refusal) Error() string { return ErrRefused.Error() + ": " + r.why }

func (*refusal) Unwrap() error { return ErrRefused }
