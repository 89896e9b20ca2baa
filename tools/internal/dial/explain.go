package dial

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"numstore.example/contracts/address"
	"numstore.example/contracts/reason"
)

// Explain returns an error that says why a connection with a server did not come about, or broke: what a look at the
// server finds wrong (a Mismatch), or else the words of the error. If a proxy is in between, they say so.
func (s *Security) Explain(ctx context.Context, server address.Address, err error) error {
	if proxy := proxyOf(server); proxy != nil {
		return fmt.Errorf("%s; %s", reason.Of(err), proxy.explain(server))
	}
	text := reason.Of(err)
	if !strings.Contains(text, "dial ") { // where nobody answers there is nothing to look at
		if mismatch := s.look(ctx, server); mismatch != nil {
			return mismatch
		}
	}
	return errors.New(text)
}

// Mismatch is why a client with these settings and a server that is there do not come together. Trying again does not
// help.
type Mismatch struct{ says string }

// Error says what to do.
func (m *Mismatch) Error() string { return m.says }

func mismatch(format string, args ...any) *Mismatch { return &Mismatch{fmt.Sprintf(format, args...)} }

// lookTime is how long a look may take. A server answers at once, or it is not worth waiting for.
const lookTime = time.Second

// look connects with a server as gRPC does, and returns what is wrong, or nil if it cannot tell.
func (s *Security) look(ctx context.Context, server address.Address) *Mismatch {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	config, err := s.config()
	if err != nil {
		return nil
	}
	if config == nil {
		if greet(ctx, server, nil) != nil && speaksTLS(ctx, server) {
			return mismatch("the server speaks TLS: use --tls, or --tls-ca FILE if its certificate is not signed by an authority of the system")
		}
		return nil
	}
	if config.ServerName == "" {
		config.ServerName = "localhost" // as gRPC does for sockets
		if server.Network == "tcp" {
			config.ServerName, _, _ = net.SplitHostPort(server.Name)
		}
	}
	return s.judge(ctx, server, greet(ctx, server, config))
}

// judge returns what an error of TLS means.
func (s *Security) judge(ctx context.Context, server address.Address, err error) *Mismatch {
	if err == nil {
		return nil
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		if now := time.Now(); now.Before(invalid.Cert.NotBefore) {
			return mismatch("the server's certificate is not valid before %s; the clock of this machine says %s", day(invalid.Cert.NotBefore), day(now))
		}
		return mismatch("the server's certificate has expired: it was valid until %s", day(invalid.Cert.NotAfter))
	}
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return mismatch("the server's certificate is for another name (%v); --tls-server-name says which name to expect", name)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return mismatch("the server's certificate is signed by an unknown authority; --tls-ca FILE names one to trust")
	}
	if alert := alertOf(err); alert != nil {
		if s.TLSCert == "" {
			return mismatch("the server wants a certificate of the client (%v): use --tls-cert and --tls-key", alert)
		}
		return mismatch("the server does not take the certificate of --tls-cert, or the TLS of this client (%v)", alert)
	}
	if greet(ctx, server, nil) == nil {
		return mismatch("the server does not speak TLS: leave out --tls and all flags --tls-…")
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// greet connects, with TLS if there is a configuration for it, and exchanges the first frames of HTTP/2. It returns
// what went wrong, or nil if the server can be talked to.
func greet(ctx context.Context, server address.Address, config *tls.Config) error {
	conn, err := new(net.Dialer).DialContext(ctx, server.Network, server.Name)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if config != nil {
		config = config.Clone()
		config.NextProtos = []string{"h2"}
		conn = tls.Client(conn, config) // which shakes hands as soon as something is written
	}
	const settings = 4 // the kind of a frame, after the three bytes of its length
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+string([]byte{0, 0, 0, settings, 0, 0, 0, 0, 0})); err != nil {
		return err
	}
	var frame [9]byte
	if _, err := io.ReadFull(conn, frame[:]); err != nil {
		return err
	}
	if frame[3] != settings || !bytes.Equal(frame[5:], make([]byte, 4)) {
		return errors.New("the server does not begin as HTTP/2 does")
	}
	return nil
}

// speaksTLS reports whether a server answers to TLS, whoever it is and whatever it thinks of this client. Nothing is
// sent over the connection.
func speaksTLS(ctx context.Context, server address.Address) bool {
	conn, err := new(net.Dialer).DialContext(ctx, server.Network, server.Name)
	if err != nil {
		return false
	}
	defer conn.Close()
	err = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}).HandshakeContext(ctx)
	return err == nil || alertOf(err) != nil
}

// alertOf returns what the other side of a TLS connection refused it with, or nil.
func alertOf(err error) error {
	if refused, ok := errors.AsType[*net.OpError](err); ok && refused.Op == "remote error" {
		return refused.Err
	}
	return nil
}
