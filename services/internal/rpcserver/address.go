package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"google.golang.org/grpc/peer"

	"numstore.example/contracts/address"
)

// unixPrefix is what an address begins with that is a file.
const unixPrefix = "unix:"

// listen listens on HOST:PORT or unix:PATH. It says in words what is wrong with an address.
func listen(addr string) (net.Listener, error) {
	if strings.HasPrefix(addr, unixPrefix) {
		file, err := address.Parse(addr)
		if err != nil {
			return nil, err
		}
		listener, err := listenUnix(file.Name)
		if err != nil {
			return nil, fmt.Errorf("cannot listen on %s: %w", file, err)
		}
		return listener, nil
	}
	// An address with nothing behind the colon would be a port that the system chooses: what a script writes whose
	// variable is empty.
	if _, port, err := net.SplitHostPort(addr); err == nil && port == "" {
		return nil, fmt.Errorf("cannot listen on %s: the port is missing; 0 is for a free one", addr)
	}
	listener, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot listen on %s: the port is in use; stop the other process or choose another port", addr)
	default:
		return nil, fmt.Errorf("cannot listen on %s: %w; an address is HOST:PORT, such as :5440 or 127.0.0.1:0, or unix:PATH", addr, err)
	}
}

// addressOf writes an address in the form that listen and clients take.
func addressOf(addr net.Addr) string {
	if addr.Network() == "unix" {
		return unixPrefix + addr.String()
	}
	return addr.String()
}

// onThisMachine returns the address at which a listener can be reached from its own machine.
func onThisMachine(addr string) (address.Address, error) {
	if strings.HasPrefix(addr, unixPrefix) {
		return address.Parse(addr)
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return address.Address{Network: "tcp", Name: net.JoinHostPort(host, port)}, err
}

// callerOf names the caller of a call in the log. Whoever comes through a file has no address.
func callerOf(ctx context.Context) string {
	caller, ok := peer.FromContext(ctx)
	switch {
	case !ok || caller.Addr == nil:
		return "unknown"
	case caller.Addr.Network() == "unix":
		return "unix"
	default:
		return caller.Addr.String()
	}
}
