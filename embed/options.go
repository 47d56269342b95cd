package embed

import (
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// NATSOptions are the options of the NATS server, for packages that do not import it.
type NATSOptions = server.Options

// ListenAt sets the address for NATS clients. Port 0 means any free port.
func ListenAt(o *NATSOptions, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port, such as 127.0.0.1:4222", address)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("%q has no port number; write it as in 127.0.0.1:4222", address)
	}
	o.Host, o.Port = host, int(n)
	if n == 0 {
		o.Port = server.RANDOM_PORT
	}
	return nil
}

// logRoutesIn adds the cluster's own user to routes that have no user. The server does this for
// the routes that it discovers, but not for the configured ones. There the password would have
// to be part of a URL, in which variables are not replaced.
func logRoutesIn(o *NATSOptions) {
	if o.Cluster.Username == "" {
		return
	}
	for _, route := range o.Routes {
		if route.User == nil {
			route.User = url.UserPassword(o.Cluster.Username, o.Cluster.Password)
		}
	}
}
