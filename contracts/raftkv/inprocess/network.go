package inprocess

import (
	"context"
	"fmt"
	"net"
)

// DialContext connects with the server that runs under an address: for grpc.WithContextDialer.
func (c *Cluster) DialContext(ctx context.Context, address string) (net.Conn, error) {
	c.mu.Lock()
	listener := c.listeners[address]
	c.mu.Unlock()
	if listener == nil {
		return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("no server runs under %s", address)}
	}
	return listener.DialContext(ctx)
}
