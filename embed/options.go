package embed

import (
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// NATSOptions are the options of the NATS server, for those who do not speak NATS.
type NATSOptions = server.Options

// ListenAt sets where NATS clients connect; port 0 is any free one.
func ListenAt(o *NATSOptions, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not host:port", address)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("%q has no port number", address)
	}
	o.Host, o.Port = host, int(n)
	if n == 0 {
		o.Port = server.RANDOM_PORT
	}
	return nil
}

// logRoutesIn gives the cluster's own user to routes that name none. The server does so for the routes it learns of, not for those that
// are configured, where the password would have to be part of a URL, and variables are not replaced.
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
