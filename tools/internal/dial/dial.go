// Package dial connects the tools to a server: it reads the target that people write, sets up TLS and tokens, and
// returns only once the connection is ready, so that "nothing is listening" is said at once and not in the middle of a
// run. What keeps a client from a server is said in words that help (Explain): a server that speaks TLS and a client
// that does not, a certificate that has expired, a proxy in between.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/health/grpc_health_v1"

	"numstore.example/contracts/address"
)

// Options is how to connect; its tags make flags of it.
type Options struct {
	Connections    int           `group:"connection" default:"1" placeholder:"N" help:"Connections that the workers share in turn (default ${default})."`
	ConnectTimeout time.Duration `group:"connection" default:"800ms" placeholder:"TIME" help:"How long to try before giving up (default ${default})."`

	Security
}

// Target returns the address that a text names, in its one spelling: a port on this machine, host:port, or unix:/path.
func Target(text string) (string, error) {
	text = strings.TrimSpace(text)
	full := text
	if text != "" && strings.Trim(text, "0123456789") == "" {
		full = "localhost:" + text
	}
	a, err := address.Parse(full)
	switch {
	case err == nil:
		return a.String(), nil
	case strings.HasPrefix(text, "unix:"):
		return "", err
	}
	return "", fmt.Errorf("%q is not a target; it must be a port from 1 to 65535, host:port, or unix:/path/of/a/socket", text)
}

// Connect opens connections to an address of Target, all of them ready for calls. The caller closes
// them.
func Connect(ctx context.Context, addr string, options Options) (conns []*grpc.ClientConn, err error) {
	if options.Connections < 1 {
		return nil, fmt.Errorf("--connections is %d; it must be at least 1", options.Connections)
	}
	server, err := address.Parse(addr)
	if err != nil {
		return nil, err
	}
	dialing, err := options.DialOptions()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, options.ConnectTimeout)
	defer cancel()
	if err := probe(ctx, server); err != nil {
		return nil, err
	}
	for range options.Connections {
		conn, err := grpc.NewClient(server.Target(), dialing...)
		if err == nil {
			conns = append(conns, conn)
			err = options.ready(ctx, server, conn)
		}
		if err != nil {
			Close(conns)
			where := fmt.Sprintf("something listens on %s, but", addr)
			if proxyOf(server) != nil {
				where = "the proxy is there, but" // which err names
			}
			return nil, fmt.Errorf("%s no gRPC connection came about: %w", where, err)
		}
	}
	return conns, nil
}

// Close closes the connections.
func Close(conns []*grpc.ClientConn) {
	for _, conn := range conns {
		conn.Close()
	}
}

// probe connects without gRPC, whose own words for a refused connection are harder to read, with what gRPC would
// connect with.
func probe(ctx context.Context, server address.Address) error {
	proxy := proxyOf(server)
	network, name := server.Network, server.Name
	if proxy != nil {
		network, name = "tcp", proxy.address()
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, name)
	switch {
	case err == nil:
		return conn.Close()
	case proxy != nil:
		return fmt.Errorf("nothing answers on %s (%w), but %s", name, err, proxy.explain(server))
	case errors.Is(err, os.ErrNotExist) && network == "unix":
		return fmt.Errorf("there is no socket %s; is the server running?", name)
	}
	return fmt.Errorf("nothing answers on %s (%w); is the server running?", server, err)
}

// ready waits until the connection can carry calls, and returns why it cannot.
func (s *Security) ready(ctx context.Context, server address.Address, conn *grpc.ClientConn) error {
	conn.Connect()
	for {
		switch state := conn.GetState(); state {
		case connectivity.Ready:
			return nil
		case connectivity.TransientFailure:
			// Only a call tells why; this one does not leave the machine.
			_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			return s.Explain(ctx, server, err)
		default:
			if !conn.WaitForStateChange(ctx, state) {
				return errors.New("the other side accepts connections and then says nothing")
			}
		}
	}
}
