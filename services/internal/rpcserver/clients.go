package rpcserver

import (
	"context"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/token"
)

// Clients says who may make calls. With neither field set everybody may who can connect; with both, each is enough.
type Clients struct {
	TokenFile string   `group:"Security" name:"client-token-file" placeholder:"FILE" help:"Serve only who sends a token of this file, as the metadata 'authorization: Bearer TOKEN'. A token on each line: with two, clients can change over from one to the other. It is read at start (default: everybody)."`
	AllowCN   []string `group:"Security" name:"allow-cn" placeholder:"NAME" help:"Serve only who shows a certificate with one of these names, as its common name or a DNS name (needs --tls-client-ca). With --client-token-file, either is enough (default: everybody)."`
}

func (c *Clients) limited() bool { return c.TokenFile != "" || len(c.AllowCN) > 0 }

// gate turns away the calls of who may not make them, before their requests are read. It is nil when everybody may:
// then no call pays for it.
//
// It wraps handlers as the guard does. (grpc-go has a hook that comes earlier, InTapHandle; but a call that is
// refused there keeps its context and its timer until the deadline which the stranger has chosen.)
type gate struct {
	tokens [][]byte // what the header may be; those of clients, and of services that have their own
	names  []string
	byFile bool // clients have tokens
}

// newGate reads the file of tokens.
func newGate(clients Clients) (*gate, error) {
	if !clients.limited() {
		return nil, nil
	}
	g := &gate{names: clients.AllowCN, byFile: clients.TokenFile != ""}
	if g.byFile {
		tokens, err := token.ReadFile(clients.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--client-token-file: %w", err)
		}
		g.allow(tokens)
	}
	return g, nil
}

func (g *gate) allow(tokens []string) {
	for _, t := range tokens {
		g.tokens = append(g.tokens, []byte(token.Prefix+t))
	}
}

// service returns the description with all its handlers behind the gate.
func (g *gate) service(desc *grpc.ServiceDesc) *grpc.ServiceDesc {
	if g == nil {
		return desc
	}
	gated := *desc
	gated.Methods = slices.Clone(desc.Methods)
	for i := range gated.Methods {
		handle := gated.Methods[i].Handler
		gated.Methods[i].Handler = func(implementation any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			if err := g.check(ctx); err != nil {
				return nil, err
			}
			return handle(implementation, ctx, decode, intercept)
		}
	}
	gated.Streams = slices.Clone(desc.Streams)
	for i := range gated.Streams {
		handle := gated.Streams[i].Handler
		gated.Streams[i].Handler = func(implementation any, stream grpc.ServerStream) error {
			if err := g.check(stream.Context()); err != nil {
				return err
			}
			return handle(implementation, stream)
		}
	}
	return &gated
}

// check returns the status for a caller who may not call.
func (g *gate) check(ctx context.Context) error {
	if len(g.tokens) > 0 {
		for _, header := range metadata.ValueFromIncomingContext(ctx, token.Header) {
			if known(g.tokens, header) {
				return nil
			}
		}
	}
	certificate := certificateOf(ctx)
	if certificate != nil && slices.ContainsFunc(g.names, func(name string) bool { return names(certificate, name) }) {
		return nil
	}
	switch {
	case g.byFile && len(g.names) > 0:
		return status.Error(codes.Unauthenticated,
			"this server takes calls with a token that it knows, as the metadata `authorization: Bearer TOKEN` (--client-token-file), or with a certificate of a name that it knows (--allow-cn)")
	case g.byFile:
		return status.Error(codes.Unauthenticated,
			"this server takes calls with a token that it knows, as the metadata `authorization: Bearer TOKEN` (--client-token-file)")
	case certificate == nil:
		return status.Error(codes.Unauthenticated, "this server takes calls with a client certificate of a name that it knows (--allow-cn)")
	default:
		return status.Errorf(codes.PermissionDenied,
			"the certificate of %q has none of the names that this server takes calls from (--allow-cn)", certificate.Subject.CommonName)
	}
}

// known says whether a header is one of them, in a time that tells nothing of the tokens but their lengths.
func known(tokens [][]byte, header string) bool {
	found := 0
	for _, t := range tokens {
		found |= subtle.ConstantTimeCompare(t, []byte(header))
	}
	return found == 1
}

func names(certificate *x509.Certificate, name string) bool {
	return certificate.Subject.CommonName == name || slices.Contains(certificate.DNSNames, name)
}

// certificateOf returns the certificate that the caller has shown and that the server's authorities have signed, or nil.
func certificateOf(ctx context.Context) *x509.Certificate {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, ok := caller.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return nil
	}
	return info.State.VerifiedChains[0][0]
}

// gated registers services behind a gate, guarded.
type gated struct {
	guarded
	gate *gate
}

// RegisterService implements grpc.ServiceRegistrar.
func (g gated) RegisterService(desc *grpc.ServiceDesc, implementation any) {
	g.guarded.RegisterService(g.gate.service(desc), implementation)
}

// warning says what an operator may not have meant: a server on a network that serves everybody, or whose tokens
// everybody on the way can read. It is empty when there is nothing to say.
func (c *Config) warning(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); !ok || tcp.IP.IsLoopback() {
		return ""
	}
	switch {
	case !c.Clients.limited() && c.TLS.ClientCA == "":
		return "everybody who can reach this address may make calls; --client-token-file, --tls-client-ca and --allow-cn say who may"
	case c.Clients.TokenFile != "" && !c.TLS.enabled():
		return "tokens of clients travel unencrypted; --tls-cert and --tls-key are against that"
	default:
		return ""
	}
}

func (c *Config) validateClients() error {
	if len(c.AllowCN) > 0 && c.TLS.ClientCA == "" {
		return errors.New("--allow-cn needs --tls-client-ca: without it no client shows a certificate")
	}
	return nil
}
