package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/rpcserver"
)

// adminCalls makes all administrative calls, and returns their errors by their names.
func (h *harness) adminCalls(ctx context.Context) map[string]error {
	errs := make(map[string]error)
	_, errs["connect"] = h.admin.Connect(ctx, &gossipkvpb.ConnectRequest{Address: "b:08000"})
	_, errs["disconnect"] = h.admin.Disconnect(ctx, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: 2}})
	_, errs["disconnect an address"] = h.admin.Disconnect(ctx, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Address{Address: "b:08000"}})
	_, errs["forget"] = h.admin.Forget(ctx, &gossipkvpb.ForgetRequest{Server: 2})
	_, errs["shutdown"] = h.admin.Shutdown(ctx, &gossipkvpb.ShutdownRequest{})
	return errs
}

// TestAdmin: administrative calls do what they say, for operators alone.
func TestAdmin(t *testing.T) {
	h := start(t, nil, nil)
	h.meet(t)
	for name, ctx := range map[string]context.Context{"nobody": t.Context(), "a stranger": metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer guess")} {
		for call, err := range h.adminCalls(ctx) {
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("%s of %s: %v; want UNAUTHENTICATED", call, name, err)
			}
		}
	}
	select {
	case <-h.stopped:
		t.Fatal("it was stopped by a stranger")
	default:
	}
	if told := h.links.told(); len(told) != 0 {
		t.Fatalf("strangers have done %q", told)
	}
	for call, err := range h.adminCalls(operator(t)) {
		if err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
	<-h.stopped
	// What the node does by itself, as it has forgotten server 2, may come too.
	for _, want := range []string{"connect b:8000", "disconnect 2", "disconnect b:8000"} {
		if told := h.links.told(); !slices.Contains(told, want) {
			t.Errorf("the links were told %q; want %q too", told, want)
		}
	}
	s, err := h.GossipKVClient.Status(t.Context(), &gossipkvpb.StatusRequest{})
	if err != nil || s.GetMembers()[1].GetState() != gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN {
		t.Errorf("the members are %v, %v", s.GetMembers(), err)
	}
}

// TestAdmin_off: without a right to them, administrative calls are refused to everybody.
func TestAdmin_off(t *testing.T) {
	h := start(t, func(c *Config) { c.Admin = rpcserver.Admin{} }, nil)
	for call, err := range h.adminCalls(operator(t)) {
		if status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v; want PERMISSION_DENIED", call, err)
		}
	}
}

// TestAdmin_links: why there is no link is said as the contract has it.
func TestAdmin_links(t *testing.T) {
	h := start(t, nil, nil)
	for _, test := range []struct {
		err  error
		code codes.Code
	}{
		{fmt.Errorf("%w: connection refused", node.ErrUnreachable), codes.Unavailable},
		{fmt.Errorf("%w: two servers have the number 2", node.ErrRefused), codes.FailedPrecondition},
		{fmt.Errorf("%w to server 2", node.ErrNoLink), codes.NotFound},
		{context.DeadlineExceeded, codes.DeadlineExceeded},
		{errors.New("odd"), codes.Internal},
	} {
		h.links.set(test.err)
		errs := h.adminCalls(operator(t))
		for _, call := range []string{"connect", "disconnect"} {
			if err := errs[call]; status.Code(err) != test.code || !strings.Contains(err.Error(), test.err.Error()) {
				t.Errorf("%s, when %v: %v; want %v", call, test.err, err, test.code)
			}
		}
	}
}
