// Package pings is for tests: it counts the pings that one end of an HTTP/2 connection sends. gRPC measures by pings how much a
// connection may carry, one for each message that comes alone, unless it is told how much: they cost more than short messages.
package pings

import (
	"bytes"
	"net"
	"sync/atomic"
)

// Counter counts pings, of all its connections together.
type Counter struct{ atomic.Int64 }

// Conn returns a connection whose end of it is counted: what is written to it.
func (c *Counter) Conn(conn net.Conn) net.Conn { return &counted{Conn: conn, counter: c} }

type counted struct {
	net.Conn
	counter *Counter
	rest    []byte // of a frame that is not whole
}

// What is known of HTTP/2 here; see RFC 9113.
const (
	preface  = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" // of a client
	header   = 9
	typePing = 6
	flagAck  = 1
)

// Write implements net.Conn. gRPC does not write at the same time.
func (c *counted) Write(b []byte) (int, error) {
	c.rest = bytes.TrimPrefix(append(c.rest, b...), []byte(preface))
	for len(c.rest) >= header {
		length := header + int(c.rest[0])<<16 + int(c.rest[1])<<8 + int(c.rest[2])
		if len(c.rest) < length {
			break
		}
		if c.rest[3] == typePing && c.rest[4]&flagAck == 0 {
			c.counter.Add(1)
		}
		c.rest = c.rest[length:]
	}
	return c.Conn.Write(b)
}
