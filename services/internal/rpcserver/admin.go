package rpcserver

import (
	"context"
	"crypto/subtle"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/token"
)

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
	if a.MTLS && verified(ctx) {
		return nil
	}
	if len(a.Tokens) == 0 {
		return status.Error(codes.Unauthenticated, "administrative calls need a client certificate (--admin-mtls)")
	}
	for _, header := range metadata.ValueFromIncomingContext(ctx, token.Header) {
		for _, known := range a.Tokens {
			if subtle.ConstantTimeCompare([]byte(header), []byte(token.Prefix+known)) == 1 {
				return nil
			}
		}
	}
	return status.Error(codes.Unauthenticated,
		"administrative calls need a token of the server's --admin-token-file or --admin-token, as the metadata `authorization: Bearer TOKEN`")
}

// verified says whether the caller has shown a certificate that the server's authorities have signed.
func verified(ctx context.Context) bool {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return false
	}
	info, ok := caller.AuthInfo.(credentials.TLSInfo)
	return ok && len(info.State.VerifiedChains) > 0
}
