package rpcserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

func TestAdmin_check(t *testing.T) {
	plain := context.Background()
	with := func(header string) context.Context {
		return metadata.NewIncomingContext(plain, metadata.Pairs("authorization", header))
	}
	showing := func(chains ...[]*x509.Certificate) context.Context {
		info := credentials.TLSInfo{State: tls.ConnectionState{VerifiedChains: chains}}
		return peer.NewContext(plain, &peer.Peer{AuthInfo: info})
	}
	known := showing([]*x509.Certificate{{}})
	off, token, mtls, both := Admin{}, Admin{Tokens: []string{"secret"}}, Admin{MTLS: true}, Admin{Tokens: []string{"secret"}, MTLS: true}
	for _, test := range []struct {
		admin Admin
		ctx   context.Context
		code  codes.Code
		says  string
	}{
		{off, plain, codes.PermissionDenied, "--admin-token-file"},
		{off, with("Bearer "), codes.PermissionDenied, ""},
		{off, known, codes.PermissionDenied, ""},
		{token, with("Bearer secret"), codes.OK, ""},
		{token, plain, codes.Unauthenticated, "authorization: Bearer TOKEN"},
		{token, with("Bearer secre"), codes.Unauthenticated, ""},
		{token, with("Bearer secrets"), codes.Unauthenticated, ""},
		{token, with("secret"), codes.Unauthenticated, ""},
		{token, with("Bearer "), codes.Unauthenticated, ""},
		{token, known, codes.Unauthenticated, ""},
		{mtls, known, codes.OK, ""},
		{mtls, showing(), codes.Unauthenticated, "client certificate"},
		{mtls, plain, codes.Unauthenticated, ""},
		{mtls, with("Bearer "), codes.Unauthenticated, ""},
		{both, known, codes.OK, ""},
		{both, with("Bearer secret"), codes.OK, ""},
		{both, plain, codes.Unauthenticated, ""},
	} {
		err := test.admin.Check(test.ctx)
		if status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.says) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%+v: %v; want %v and %q", test.admin, err, test.code, test.says)
		}
	}
}
