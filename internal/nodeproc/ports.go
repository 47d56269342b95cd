package nodeproc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

var (
	givenMu sync.Mutex       // guards the following
	given   = map[int]bool{} // ports that this process was given
)

// take notes that a port is given. It returns an error if something listens on the port, or if it
// was given before.
func take(ctx context.Context, port int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	_ = l.Close()
	givenMu.Lock()
	defer givenMu.Unlock()
	if given[port] {
		return fmt.Errorf("port %d was given before", port)
	}
	given[port] = true
	return nil
}

// FreePorts returns loopback ports on which nothing listens. draw returns a random number below
// its argument.
//
// The ports are outside the range from which the kernel takes ports for outgoing connections.
// Otherwise one of the hundreds of clients could take the port of a node that is down, and the
// node could not come back. No port is given twice, since a node that is down keeps its ports.
func FreePorts(ctx context.Context, n int, draw func(int) int) (ports []int, err error) {
	for try := 0; len(ports) < n; try++ {
		port := 10_000 + draw(20_000)
		err := take(ctx, port)
		switch {
		case err == nil:
			ports = append(ports, port)
		case try >= 1000:
			return nil, fmt.Errorf("find a free port: %w", err)
		}
	}
	return ports, nil
}

// FreeAddrs returns addresses with such ports.
func FreeAddrs(ctx context.Context, n int) (addrs []string, err error) {
	ports, err := FreePorts(ctx, n, rand.IntN)
	for _, port := range ports {
		addrs = append(addrs, fmt.Sprintf("127.0.0.1:%d", port))
	}
	return addrs, err
}
