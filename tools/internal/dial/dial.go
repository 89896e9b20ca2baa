// Package dial connects the tools to a server: it reads the target that people write, sets up TLS, and
// returns only once the connection is ready, so that "nothing is listening" is said at once and not in
// the middle of a run.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// Options is how to connect; its tags make flags of it.
type Options struct {
	Connections    int           `default:"1" placeholder:"N" help:"Connections that the workers share in turn (default ${default})."`
	ConnectTimeout time.Duration `default:"800ms" placeholder:"TIME" help:"How long to try before giving up (default ${default})."`

	Security
}

// Security is how to know the server, and how to be known by it; its tags make flags of it.
type Security struct {
	TLS           bool   `help:"Use TLS, with the system's roots unless --tls-ca is given; any of the flags below implies it."`
	TLSCA         string `name:"tls-ca" placeholder:"FILE" help:"Certificates (PEM) that may have signed the server's."`
	TLSCert       string `name:"tls-cert" placeholder:"FILE" help:"Own certificate (PEM), for a server that asks for one; with --tls-key."`
	TLSKey        string `name:"tls-key" placeholder:"FILE" help:"Key (PEM) of --tls-cert."`
	TLSServerName string `name:"tls-server-name" placeholder:"NAME" help:"Name expected in the server's certificate, when it is not the target's host."`
}

// Target returns the address that text names: a port on this machine, or host:port.
func Target(text string) (string, error) {
	host, port := "localhost", text
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%q is not a target; it must be a port from 1 to 65535, or host:port", text)
	}
	return net.JoinHostPort(host, port), nil
}

// Connect opens connections to an address of Target, all of them ready for calls. The caller closes
// them.
func Connect(ctx context.Context, addr string, options Options) (conns []*grpc.ClientConn, err error) {
	if options.Connections < 1 {
		return nil, fmt.Errorf("--connections is %d; it must be at least 1", options.Connections)
	}
	transport, err := options.Credentials()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, options.ConnectTimeout)
	defer cancel()
	if err := probe(ctx, addr); err != nil {
		return nil, err
	}
	for range options.Connections {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(transport))
		if err == nil {
			conns = append(conns, conn)
			err = ready(ctx, conn)
		}
		if err != nil {
			Close(conns)
			return nil, fmt.Errorf("something listens on %s, but no gRPC connection came about: %w", addr, err)
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

// probe connects without gRPC, whose own words for a refused connection are harder to read.
func probe(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("nothing answers on %s (%w); is the server running?", addr, err)
	}
	return conn.Close()
}

// ready waits until the connection can carry calls, and returns why it cannot.
func ready(ctx context.Context, conn *grpc.ClientConn) error {
	conn.Connect()
	for {
		switch state := conn.GetState(); state {
		case connectivity.Ready:
			return nil
		case connectivity.TransientFailure:
			return reason(ctx, conn)
		default:
			if !conn.WaitForStateChange(ctx, state) {
				return errors.New("the other side accepts connections and then says nothing")
			}
		}
	}
}

// reason returns why a connection failed. Only a call tells; this one does not leave the machine.
func reason(ctx context.Context, conn *grpc.ClientConn) error {
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return errors.New(status.Convert(err).Message())
}

// Credentials returns what gRPC needs: no TLS unless a flag asks for it.
func (s *Security) Credentials() (credentials.TransportCredentials, error) {
	if !s.TLS && s.TLSCA == "" && s.TLSCert == "" && s.TLSKey == "" && s.TLSServerName == "" {
		return insecure.NewCredentials(), nil
	}
	config := &tls.Config{ServerName: s.TLSServerName}
	if s.TLSCA != "" {
		pem, err := os.ReadFile(s.TLSCA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--tls-ca: %s holds no certificate in PEM form", s.TLSCA)
		}
	}
	if s.TLSCert != "" || s.TLSKey != "" {
		certificate, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return credentials.NewTLS(config), nil
}
