package raftkv

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/raftkv/inprocess"
)

// TestNoPings: no answer costs a ping of the Clerk.
func TestNoPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := inprocess.NewCluster(1)
		start(t, cluster, one, new(inprocess.Server))
		var pings atomic.Int64
		c, err := Dial([]string{one}, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
				conn, err := cluster.DialContext(ctx, address)
				if err != nil {
					return nil, err
				}
				return &pinging{Conn: conn, pings: &pings}, nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 20 {
			if _, err := c.Get(t.Context(), []byte("k")); err != nil {
				t.Fatal(err)
			}
		}
		if n := pings.Load(); n > 0 {
			t.Errorf("%d pings for 20 answers", n)
		}
	})
}

// pinging counts the pings of HTTP/2 that a client sends.
type pinging struct {
	net.Conn
	pings *atomic.Int64
	rest  []byte // of a frame that is not whole
}

func (c *pinging) Write(b []byte) (int, error) {
	const header, ping, ack = 9, 6, 1
	c.rest = bytes.TrimPrefix(append(c.rest, b...), []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	for len(c.rest) >= header {
		length := header + int(c.rest[0])<<16 + int(c.rest[1])<<8 + int(c.rest[2])
		if len(c.rest) < length {
			break
		}
		if c.rest[3] == ping && c.rest[4]&ack == 0 {
			c.pings.Add(1)
		}
		c.rest = c.rest[length:]
	}
	return c.Conn.Write(b)
}
