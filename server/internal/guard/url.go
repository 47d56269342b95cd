package guard

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURL is the longest URL that is asked. The endpoints of push services have some 250 bytes.
const maxURL = 2048

// inside are the top-level names that never belong to a public host.
var inside = []string{"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion", "test", "invalid", "alt"}

// URL parses a URL that a user has named. It returns an error in whose chain is [ErrRefused] if
// the URL can never be asked. An address that the name resolves to is judged when it is dialled.
func (g *Guard) URL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, refuse("the URL has more than %d bytes", maxURL)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, refuse("the URL cannot be read") // err has the URL in it
	}
	return u, g.check(u)
}

// check judges a URL by all that can be known before its name is resolved.
func (g *Guard) check(u *url.URL) error {
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !g.cfg.Plain):
		return refuse("the URL must begin with https://")
	case u.User != nil:
		return refuse("the URL must not contain a user or a password")
	case u.Hostname() == "":
		return refuse("the URL names no host")
	case !g.port(u):
		return refuse("the port of the URL is not allowed")
	}
	return g.host(u.Hostname())
}

func (g *Guard) port(u *url.URL) bool {
	text := u.Port()
	if text == "" {
		text = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && slices.Contains(g.cfg.Ports, uint16(port))
}

// host judges a name. Names without a dot and names of private networks are refused although the
// address would be judged, too: users must not learn whether they resolve. If the operator permits
// addresses of a private network, its names may be asked.
func (g *Guard) host(name string) error {
	if addr, err := netip.ParseAddr(name); err == nil {
		return g.Address(addr)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	dot := strings.LastIndexByte(name, '.')
	if last := name[dot+1:]; len(g.cfg.Permit) == 0 && (dot < 0 || slices.Contains(inside, last)) {
		return refuse("the host is not a public one")
	} else if last != "" && strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		// Some resolvers take 127.1, 0177.0.0.1 and 0x7f.0x1 for addresses. No public name ends
		// so.
		return refuse("the host is neither a name nor an address in its usual form")
	}
	return nil
}
