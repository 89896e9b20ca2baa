package rpcserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/token"
)

// PeerFlags are the flags of a service whose servers speak to each other, to be embedded in its own. They do so on the
// address that clients use.
type PeerFlags struct {
	PeerTokenFile string   `group:"Security" placeholder:"FILE" help:"The nodes of a cluster know each other by the tokens of this file, which all of them have. A token on each line: the first is sent, and all are taken, so that they can be changed one node after the other. It is read at start."`
	PeerCN        []string `group:"Security" name:"peer-cn" placeholder:"NAME" help:"The nodes of a cluster know each other by their certificates (--tls-cert), which have one of these names, as common name or DNS name (needs --tls-client-ca). With --peer-token-file, either is enough."`
	PeerCA        string   `group:"Security" name:"peer-ca" placeholder:"FILE" help:"Certificates (PEM) of who may sign those that other nodes show as servers (needs --tls-cert; default: --tls-client-ca, and without that who the system trusts)."`
}

// Peers returns who may speak as another server of the service, and how this one speaks to others. When everybody may, who can
// reach an address that is not this machine's alone, it logs a warning. An error is a mistake in the flags.
func (f PeerFlags) Peers(server *Server) (peers Peers, err error) {
	config := server.Config()
	if len(f.PeerCN) > 0 && config.ClientCA == "" {
		return peers, errors.New("--peer-cn needs --tls-client-ca: without it no node shows a certificate")
	}
	if f.PeerCA != "" && !config.TLS.enabled() {
		return peers, errors.New("--peer-ca needs --tls-cert and --tls-key: without them nodes speak without TLS")
	}
	peers.names = f.PeerCN
	if f.PeerTokenFile != "" {
		tokens, err := token.ReadFile(f.PeerTokenFile)
		if err != nil {
			return peers, fmt.Errorf("--peer-token-file: %w", err)
		}
		peers.Token = tokens[0]
		for _, t := range tokens {
			peers.headers = append(peers.headers, []byte(token.Prefix+t))
		}
	}
	if config.TLS.enabled() {
		if peers.Credentials, err = server.identity.peer(f.PeerCA); err != nil {
			return peers, err
		}
	}
	if warning := peers.warning(config); warning != "" {
		server.log.Warn(warning, "addr", config.Addr)
	}
	return peers, nil
}

// Peers is how the servers of a service know each other. The zero Peers lets everybody speak as one.
type Peers struct {
	// Token is what a call to another one carries, as the metadata `authorization: Bearer TOKEN`, unless it is empty.
	Token string
	// Credentials are for connections to others; nil for those without TLS. They show the server's own certificate.
	Credentials credentials.TransportCredentials

	headers [][]byte
	names   []string
}

// Check returns the status for a caller who may not speak as another server.
func (p Peers) Check(ctx context.Context) error {
	if len(p.headers) == 0 && len(p.names) == 0 {
		return nil
	}
	for _, header := range metadata.ValueFromIncomingContext(ctx, token.Header) {
		if known(p.headers, header) {
			return nil
		}
	}
	certificate := certificateOf(ctx)
	if certificate != nil && slices.ContainsFunc(p.names, func(name string) bool { return names(certificate, name) }) {
		return nil
	}
	switch {
	case len(p.names) == 0:
		return status.Error(codes.Unauthenticated, "the nodes of this cluster know each other by a token, as the metadata `authorization: Bearer TOKEN` (--peer-token-file); this one was not sent, or is another")
	case certificate == nil:
		return status.Error(codes.Unauthenticated, "the nodes of this cluster know each other by the names in their certificates (--peer-cn); none was shown")
	default:
		return status.Errorf(codes.PermissionDenied, "the certificate of %q has none of the names that this cluster's nodes have (--peer-cn)", certificate.Subject.CommonName)
	}
}

// warning says what an operator may not have meant.
func (p Peers) warning(config Config) string {
	switch {
	case onlyHere(config.Addr):
		return ""
	case len(p.headers) == 0 && len(p.names) == 0:
		return "everybody who can reach this address may speak as a node of the cluster, and so read, change and destroy all data; --peer-token-file and --peer-cn say who may"
	case len(p.headers) > 0 && !config.TLS.enabled():
		return "what nodes say to each other, and the token by which they know each other, travels unencrypted; --tls-cert and --tls-key are against that"
	default:
		return ""
	}
}

// onlyHere says whether an address can be reached from this machine alone.
func onlyHere(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return strings.HasPrefix(addr, unixPrefix) || err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// peer is how a server connects to others of its kind: with its certificate, which follows the files, and the
// authorities of a file, or of --tls-client-ca.
func (i *identity) peer(authorities string) (credentials.TransportCredentials, error) {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			current, _ := i.current()
			return &current.Certificates[0], nil
		},
	}
	flag := "--peer-ca"
	if authorities == "" {
		flag, authorities = "--tls-client-ca", i.files.ClientCA
	}
	if authorities != "" {
		pool, err := Authorities(flag, authorities)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	return credentials.NewTLS(config), nil
}

// Internal is where a service is registered that the servers of a cluster serve to each other. Its calls take no worker,
// as clients would be served by them, and Config.Clients does not say who may make them: the service asks Peers.Check itself, and
// logs itself whom it refuses.
func (s *Server) Internal() grpc.ServiceRegistrar {
	own := *s.guard
	own.calls, own.quiet = nil, true
	return guarded{s.grpc, &own}
}
