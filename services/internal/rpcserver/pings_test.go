package rpcserver

import (
	"net"
	"testing"
	"testing/synctest"

	"numstore.example/services/internal/pings"
)

// TestServer_noPings: no call costs a ping.
func TestServer_noPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, testConfig, answer)
		defer f.end()
		for range 20 {
			if err := f.call(); err != nil {
				t.Fatal(err)
			}
		}
		if n := f.pings.Load(); n > 0 {
			t.Errorf("%d pings for 20 calls", n)
		}
	})
}

// countingListener counts the pings that a server sends.
type countingListener struct {
	net.Listener
	pings *pings.Counter
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.pings.Conn(conn), nil
}
