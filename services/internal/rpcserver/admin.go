package rpcserver

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/token"
)

// AdminFlags are the flags of a service with administrative calls, to be embedded in its own.
type AdminFlags struct {
	AdminToken     string `group:"Security" placeholder:"TOKEN" help:"Allow administrative calls to whoever sends this token (default: nobody). The list of processes shows the command line to everybody: give it in the environment, or --admin-token-file."`
	AdminTokenFile string `group:"Security" placeholder:"FILE" help:"The same for the tokens of this file, one on each line; it is read at start."`
	AdminMTLS      bool   `group:"Security" name:"admin-mtls" help:"Allow administrative calls to whoever has a client certificate (see --tls-client-ca)."`
}

// Admin returns who may make administrative calls. Who may make those may make every call. An error is a mistake in the
// flags.
func (f AdminFlags) Admin(server *Server) (admin Admin, err error) {
	if f.AdminMTLS && server.Config().TLS.ClientCA == "" {
		return admin, errors.New("--admin-mtls needs --tls-client-ca: without it no client shows a certificate")
	}
	admin.MTLS = f.AdminMTLS
	if f.AdminToken != "" {
		parsed, err := token.Parse(f.AdminToken)
		if err != nil {
			return admin, fmt.Errorf("--admin-token: %w", err)
		}
		admin.Tokens = append(admin.Tokens, parsed)
	}
	if f.AdminTokenFile != "" {
		ofFile, err := token.ReadFile(f.AdminTokenFile)
		if err != nil {
			return admin, fmt.Errorf("--admin-token-file: %w", err)
		}
		admin.Tokens = append(admin.Tokens, ofFile...)
	}
	server.AllowTokens(admin.Tokens)
	return admin, nil
}

// Admin says who may make administrative calls. The zero Admin allows nobody.
type Admin struct {
	Tokens []string // whoever sends one of these
	MTLS   bool     // whoever has a client certificate that the server has verified
}

// Check returns the status for a caller who may not.
func (a Admin) Check(ctx context.Context) error {
	if len(a.Tokens) == 0 && !a.MTLS {
		return status.Error(codes.PermissionDenied,
			"administrative calls are off; start the server with --admin-token-file or --admin-mtls to allow them")
	}
	if a.MTLS && certificateOf(ctx) != nil {
		return nil
	}
	if len(a.Tokens) == 0 {
		return status.Error(codes.Unauthenticated, "administrative calls need a client certificate (--admin-mtls)")
	}
	for _, header := range metadata.ValueFromIncomingContext(ctx, token.Header) {
		if known(a.headers(), header) {
			return nil
		}
	}
	return status.Error(codes.Unauthenticated,
		"administrative calls need a token of the server's --admin-token-file or --admin-token, as the metadata `authorization: Bearer TOKEN`")
}

// headers are what callers with these tokens send.
func (a Admin) headers() (all [][]byte) {
	for _, t := range a.Tokens {
		all = append(all, []byte(token.Prefix+t))
	}
	return all
}
