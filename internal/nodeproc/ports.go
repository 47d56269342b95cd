package nodeproc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreePorts returns loopback ports on which nothing listens. draw returns a random number below
// its argument.
//
// The ports are outside the range from which the kernel takes ports for outgoing connections.
// Otherwise one of the hundreds of clients could take the port of a node that is down, and the
// node could not come back.
func FreePorts(ctx context.Context, n int, draw func(int) int) (ports []int, err error) {
	for try := 0; len(ports) < n; try++ {
		port := 10_000 + draw(20_000)
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil && try < 1000 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }() // closed at the end, so that no port is given twice
		ports = append(ports, port)
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
