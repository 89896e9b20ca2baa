package inprocess

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// DialContext connects with the server that runs under an address: for grpc.WithContextDialer.
func (c *Cluster) DialContext(ctx context.Context, address string) (net.Conn, error) {
	c.mu.Lock()
	listener := c.listeners[address]
	c.mu.Unlock()
	if listener == nil {
		return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("no server runs under %s", address)}
	}
	conn, err := listener.DialContext(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, cluster: c, address: address, closed: make(chan struct{})}, nil
}

// Pause has a server stand still, as when its process is stopped or its network swallows everything, until resume is
// called, once. Connections stay, and can be made, but nothing goes over them.
func (c *Cluster) Pause(address string) (resume func()) {
	resumed := make(chan struct{})
	c.mu.Lock()
	c.paused[address] = resumed
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		delete(c.paused, address)
		c.mu.Unlock()
		close(resumed)
	}
}

// connection is a client's side of one with a server that may be paused.
type connection struct {
	net.Conn
	cluster *Cluster
	address string
	closed  chan struct{}
	once    sync.Once
}

// Read keeps back what has come as long as the server is paused.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.awaitServer()
	return n, err
}

func (c *connection) Write(b []byte) (int, error) {
	c.awaitServer()
	return c.Conn.Write(b)
}

func (c *connection) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// awaitServer waits until the server is not paused, or the connection is closed.
func (c *connection) awaitServer() {
	c.cluster.mu.Lock()
	resumed := c.cluster.paused[c.address]
	c.cluster.mu.Unlock()
	if resumed == nil {
		return
	}
	select {
	case <-resumed:
	case <-c.closed:
	}
}
