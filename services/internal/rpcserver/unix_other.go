//go:build !unix

package rpcserver

import (
	"errors"
	"math"
	"net"
)

// listenUnix is not to be had here: nothing would tell a dead server's file from a living one's.
func listenUnix(string) (net.Listener, error) {
	return nil, errors.New("sockets with a name are for Unix; give HOST:PORT")
}

// descriptorLimit: there is none that counts.
func descriptorLimit() int { return math.MaxInt32 }
