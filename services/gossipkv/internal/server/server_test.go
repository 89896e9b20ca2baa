package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

const (
	value   = gossipkvpb.Outcome_OUTCOME_VALUE
	noValue = gossipkvpb.Outcome_OUTCOME_NO_VALUE
	unmet   = gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET
)

// TestCalls goes through what a session is told of a key.
func TestCalls(t *testing.T) {
	h := start(t, nil, nil)
	if got := h.get(t, "x", nil); got.GetOutcome() != noValue || got.GetVersion() != nil {
		t.Errorf("of a key that never was: {%v}", got)
	}
	first := h.put(t, "x", "1", 0)
	if first.GetTime() != 1 || first.GetServer() != 1 || first.GetIncarnation() == 0 {
		t.Errorf("the first version is {%v}", first)
	}
	if got := h.get(t, "x", first); got.GetOutcome() != value || string(got.GetValue()) != "1" || !proto.Equal(got.GetVersion(), first) {
		t.Errorf("of what was put: {%v}", got)
	}
	// The session has written more, at another server, which this one has not heard of.
	elsewhere := &gossipkvpb.Version{Time: 10, Server: 2, Incarnation: 7}
	if got := h.get(t, "x", elsewhere); got.GetOutcome() != unmet || got.GetValue() != nil || got.GetVersion() != nil {
		t.Errorf("of what is not here yet: {%v}", got)
	}
	if got := h.get(t, "y", elsewhere); got.GetOutcome() != unmet {
		t.Errorf("of what is not here at all: {%v}", got)
	}
	second := h.put(t, "x", "", 10)
	if second.GetTime() != 11 {
		t.Errorf("a write of a session that has seen the time 10 has {%v}", second)
	}
	if got := h.get(t, "x", elsewhere); got.GetOutcome() != value || len(got.GetValue()) != 0 || !proto.Equal(got.GetVersion(), second) {
		t.Errorf("of an empty value: {%v}", got)
	}
	deleted, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("x"), SessionTime: 20})
	if err != nil || deleted.GetVersion().GetTime() != 21 {
		t.Fatalf("a deletion: {%v}, %v", deleted, err)
	}
	// The tombstone, if it is there still: nobody else need know of it here.
	if got := h.get(t, "x", second); got.GetOutcome() != noValue || got.GetValue() != nil || got.GetVersion() != nil && !proto.Equal(got.GetVersion(), deleted.GetVersion()) {
		t.Errorf("of what was deleted: {%v}", got)
	}
	if got := h.get(t, "x", deleted.GetVersion()); got.GetOutcome() != noValue {
		t.Errorf("for who has deleted it: {%v}", got)
	}
	if parts, err := h.dump(t, &gossipkvpb.DumpRequest{}); err != nil || len(parts) != 0 {
		t.Errorf("a dump has %v, %v", parts, err)
	}
}

// TestRefusals: bad input is refused with what is wrong about it and the limit, and changes nothing.
func TestRefusals(t *testing.T) {
	h := start(t, nil, nil)
	ctx := t.Context()
	get := func(key string, seen *gossipkvpb.Version) error {
		_, err := h.Get(ctx, &gossipkvpb.GetRequest{Key: []byte(key), Seen: seen})
		return err
	}
	put := func(key, value string, time uint64) error {
		_, err := h.Put(ctx, &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte(value), SessionTime: time})
		return err
	}
	remove := func(key string, time uint64) error {
		_, err := h.Delete(ctx, &gossipkvpb.DeleteRequest{Key: []byte(key), SessionTime: time})
		return err
	}
	dump := func(request *gossipkvpb.DumpRequest) error { _, err := h.dump(t, request); return err }
	connect := func(address string) error {
		_, err := h.admin.Connect(operator(t), &gossipkvpb.ConnectRequest{Address: address})
		return err
	}
	disconnect := func(request *gossipkvpb.DisconnectRequest) error {
		_, err := h.admin.Disconnect(operator(t), request)
		return err
	}
	forget := func(server uint32) error {
		_, err := h.admin.Forget(operator(t), &gossipkvpb.ForgetRequest{Server: server})
		return err
	}
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"an empty key of a get":      {get("", nil), "the key is empty"},
		"a long key of a get":        {get("ninebytes", nil), "9 bytes long; the limit is 8 bytes (--max-key)"},
		"an empty key of a put":      {put("", "v", 0), "the key is empty"},
		"a long key of a put":        {put("ninebytes", "v", 0), "(--max-key)"},
		"a long value":               {put("k", strings.Repeat("v", 101), 0), "101 bytes long; the limit is 100 bytes (--max-value)"},
		"an empty key of a deletion": {remove("", 0), "the key is empty"},
		"a long key of a deletion":   {remove("ninebytes", 0), "(--max-key)"},
		"a time from nowhere":        {put("k", "v", 1<<40+1), "2^40"},
		"the greatest time":          {put("k", "v", 1<<64-1), "2^40"},
		"a deletion from nowhere":    {remove("k", 1<<63), "2^40"},
		"a version of no server":     {get("k", &gossipkvpb.Version{Time: 1}), "the time 1 and the server 0"},
		"a version of no time":       {get("k", &gossipkvpb.Version{Server: 1}), "the time 0 and the server 1"},
		"a version of nothing":       {get("k", &gossipkvpb.Version{}), "leave it out"},
		"a version from nowhere":     {get("k", &gossipkvpb.Version{Time: 1<<40 + 1, Server: 1}), "2^40"},
		"a long prefix":              {dump(&gossipkvpb.DumpRequest{Prefix: []byte("ninebytes")}), "the dump's prefix is 9 bytes long"},
		"a long after":               {dump(&gossipkvpb.DumpRequest{After: []byte("ninebytes")}), "the dump's after is 9 bytes long"},
		"no address":                 {connect(""), "host:port"},
		"an address without a port":  {connect("nonsense"), "host:port"},
		"an address with spaces":     {connect("a b:1"), "host:port"},
		"a file":                     {connect("unix:/tmp/socket"), "host:port"},
		"no link":                    {disconnect(&gossipkvpb.DisconnectRequest{}), "which link"},
		"a link to server 0":         {disconnect(&gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{}}), "the server is 0"},
		"a link to nonsense":         {disconnect(&gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Address{Address: "x"}}), "host:port"},
		"to forget server 0":         {forget(0), "the server is 0"},
		"to forget itself":           {forget(1), "server 1 is this one"},
	} {
		if status.Code(test.err) != codes.InvalidArgument || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: %v; want INVALID_ARGUMENT with %q", name, test.err, test.says)
		}
	}
	if err := forget(2); status.Code(err) != codes.NotFound {
		t.Errorf("to forget one that is not there: %v; want NOT_FOUND", err)
	}
	s, err := h.GossipKVClient.Status(ctx, &gossipkvpb.StatusRequest{})
	// What the node has refused counts, what is bad by itself does not.
	if err != nil || s.GetKeys() != 0 || s.GetTime() != 0 || s.GetGets() != 0 || s.GetDumps() != 0 || len(h.links.told()) != 0 {
		t.Errorf("afterwards: {%v}, %v; calls of links: %q", s, err, h.links.told())
	}
	for name, err := range map[string]error{ // just good enough
		"key and value": put("8 bytes.", strings.Repeat("v", 100), 0), "time": put("k", "v", 1<<40), "get": get("k", &gossipkvpb.Version{Time: 1 << 41, Server: 9}),
		"dump": dump(&gossipkvpb.DumpRequest{Prefix: []byte("8 bytes."), After: []byte("8 bytes.")}),
	} {
		if err != nil {
			t.Errorf("%s at the limit: %v", name, err)
		}
	}
}

// TestStatuses: every error of a node has the status that the contract gives it, and says whether the call may have taken effect.
func TestStatuses(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("%w: because", err) }
	for _, test := range []struct {
		of   func(error) error
		err  error
		code codes.Code
		says string
	}{
		{writeStatus, node.ErrTime, codes.InvalidArgument, "2^40"},
		{writeStatus, wrapped(node.ErrOut), codes.FailedPrecondition, "because"},
		{writeStatus, node.ErrBusy, codes.ResourceExhausted, "nothing happened"},
		{writeStatus, wrapped(node.ErrFull), codes.Unavailable, "nothing happened: reads and deletions are done"},
		{writeStatus, node.ErrStopped, codes.Unavailable, "may or may not have happened"},
		{writeStatus, wrapped(node.ErrFailed), codes.Unavailable, "may or may not have happened"},
		{writeStatus, context.DeadlineExceeded, codes.DeadlineExceeded, "may or may not have happened"},
		{writeStatus, context.Canceled, codes.Canceled, "may or may not have happened"},
		{writeStatus, errors.New("odd"), codes.Internal, "odd"},
		{readStatus, node.ErrStopped, codes.Unavailable, "ask another server"},
		{linkStatus, wrapped(node.ErrUnreachable), codes.Unavailable, "because; it is tried again and again"},
		{linkStatus, wrapped(node.ErrRefused), codes.FailedPrecondition, "because"},
		{linkStatus, node.ErrNoLink, codes.NotFound, "no such link"},
		{linkStatus, context.DeadlineExceeded, codes.DeadlineExceeded, "ask for the status"},
		{forgetStatus, node.ErrUnknown, codes.NotFound, "no such server"},
		{forgetStatus, node.ErrSelf, codes.InvalidArgument, "itself"},
		{forgetStatus, node.ErrStopped, codes.Unavailable, "ask for the status"},
	} {
		if got := test.of(test.err); status.Code(got) != test.code || !strings.Contains(got.Error(), test.says) {
			t.Errorf("%v: %v; want %v with %q", test.err, got, test.code, test.says)
		}
	}
	if writeStatus(nil) != nil {
		t.Error("no error has a status")
	}
}

// TestForgotten: a server that has learnt that it was forgotten takes no writes, says so, and still answers reads.
func TestForgotten(t *testing.T) {
	h := start(t, nil, nil)
	version := h.put(t, "x", "1", 0)
	self := h.node.Self()
	// Another server tells it.
	roster := h.node.Greeting().Roster.Becomes(self, merge.Forgotten)
	other := merge.Origin{Server: 2, Incarnation: 7}
	h.node.LinkUp(node.Greeting{Self: other, Roster: roster.Becomes(other, merge.Member)})
	for {
		s, err := h.GossipKVClient.Status(t.Context(), &gossipkvpb.StatusRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if s.GetForgotten() {
			break
		}
	}
	_, err := h.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("x")})
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "forgotten") {
		t.Errorf("a put: %v; want FAILED_PRECONDITION", err)
	}
	if _, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("x")}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a deletion: %v; want FAILED_PRECONDITION", err)
	}
	if got := h.get(t, "x", version); string(got.GetValue()) != "1" {
		t.Errorf("a get: {%v}", got)
	}
}

// TestLogRequests: each get, put and delete is a line of the log, with its outcome, whatever bytes it has.
func TestLogRequests(t *testing.T) {
	h := start(t, func(c *Config) { c.LogRequests = true }, nil)
	h.put(t, "a\n", strings.Repeat("v", 100), 0)
	h.get(t, "a\n", nil)
	h.get(t, "b", nil)
	h.get(t, "b", &gossipkvpb.Version{Time: 9, Server: 2})
	if _, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("a\n")}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("c"), SessionTime: 1 << 63}); err == nil {
		t.Fatal("the put was taken")
	}
	origin := h.node.Self().String()
	for _, want := range []string{
		`call=put key=a\n value="` + strings.Repeat("v", 64) + `… (100 bytes)" version=1@` + origin,
		`call=get key=a\n value=`, `call=get key=b outcome="no value"`, `call=get key=b outcome="dependency not met"`,
		`call=delete key=a\n version=2@` + origin, `call=put key=c error="the session's time is 9223372036854775808: it is more than 2^40`,
	} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, h.log)
		}
	}
}
