package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"google.golang.org/grpc/peer"
)

// socketPath returns the file that an address of the form unix:PATH (or unix:///PATH) names.
func socketPath(addr string) (path string, ok bool) {
	path, ok = strings.CutPrefix(addr, "unix:")
	if strings.HasPrefix(path, "///") {
		path = path[len("//"):]
	}
	return path, ok
}

// listen listens on HOST:PORT or unix:PATH. It says in words what is wrong with an address.
func listen(addr string) (listener net.Listener, err error) {
	path, unix := socketPath(addr)
	switch {
	case !unix:
		listener, err = net.Listen("tcp", addr)
	case path == "" || path[0] == '@' || strings.HasPrefix(path, "//"):
		err = errors.New("it names no file")
	default:
		listener, err = listenUnix(path)
	}
	switch {
	case err == nil:
		return listener, nil
	case unix:
		return nil, fmt.Errorf("cannot listen on %s: %w; an address of a file is unix:PATH", addr, err)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot listen on %s: the port is in use; stop the other process or choose another port", addr)
	default:
		return nil, fmt.Errorf("cannot listen on %s: %w; an address is HOST:PORT, such as :5440 or 127.0.0.1:0, or unix:PATH", addr, err)
	}
}

// addressOf writes an address in the form that listen and clients take.
func addressOf(addr net.Addr) string {
	if addr.Network() == "unix" {
		return "unix:" + addr.String()
	}
	return addr.String()
}

// dialer returns what connects to the address from its own machine.
func dialer(addr string) func(context.Context) (net.Conn, error) {
	network := "tcp"
	if path, unix := socketPath(addr); unix {
		network, addr = "unix", path
	}
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
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
