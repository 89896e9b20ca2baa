package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// freeAddress returns an address of this machine where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestLinks: servers in a row are linked by what the flags say, bring writes to each other, lose nothing by a kill, and end while links are up.
func TestLinks(t *testing.T) {
	addr, dir := "--addr="+freeAddress(t), "--data-dir="+filepath.Join(t.TempDir(), "data")
	first := startServer(t, "--id=1")
	second := startServer(t, "--id=2", "--peers="+first.addr, addr, dir)
	third := startServer(t, "--id=3", "--peers="+second.addr)
	second.awaitLinks(t, 2)
	seen := first.put(t, "A", "a")
	third.awaitValue(t, "A", "a")
	if got, err := third.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("A"), Seen: seen}); err != nil || string(got.GetValue()) != "a" {
		t.Errorf("for the session that wrote it, it is {%v}, %v", got, err)
	}
	second.kill()
	third.awaitLinks(t, 0)
	third.put(t, "B", "b")
	if got, err := first.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("B"), Seen: third.put(t, "B", "c")}); err != nil || got.GetOutcome() != gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET {
		t.Errorf("without the one in between, the session that wrote it is told {%v}, %v", got, err)
	}
	second = startServer(t, "--id=2", "--peers="+first.addr, addr, dir)
	first.awaitValue(t, "B", "c")
	second.awaitValue(t, "A", "a")
	for _, server := range []*running{second, first, third} {
		server.stop(t)
	}
}

// TestPeers_odd: addresses that are this server's own, twice there, or nobody's are harmless: there is one link, and a line of the log for what is wrong.
func TestPeers_odd(t *testing.T) {
	own := freeAddress(t)
	first := startServer(t, "--id=1")
	second := startServer(t, "--id=2", "--addr="+own, "--peers="+strings.Join([]string{first.addr, own, first.addr, "localhost:" + first.addr[strings.LastIndex(first.addr, ":")+1:], "no-such-host.invalid:8000"}, ","))
	got := second.await(t, "a link, and a reason why there is no other", func(s *gossipkvpb.StatusResponse) bool {
		return len(s.GetLinks()) == 2 && s.GetLinks()[0].GetReason() != "it was not reached yet" && s.GetLinks()[1].GetUp()
	})
	nobody, link := got.GetLinks()[0], got.GetLinks()[1]
	if nobody.GetServer() != 0 || nobody.GetAddress() != "no-such-host.invalid:8000" || link.GetServer() != 1 {
		t.Errorf("the links are %v", got.GetLinks())
	}
	first.awaitLinks(t, 1)
	second.stop(t)
	if lines := strings.Count(second.log.String(), "no-such-host.invalid"); lines > 2 {
		t.Errorf("the log has %d lines about an address that is nobody's:\n%s", lines, second.log)
	}
}

// TestConnect: an operator links servers, cuts them, and takes one off; each is told what is wrong.
func TestConnect(t *testing.T) {
	operator := withToken(t, "secret")
	first, second := startServer(t, "--id=1", "--admin-token=secret"), startServer(t, "--id=2", "--admin-token=secret")
	connect := func(s *running, address string) (uint32, error) {
		answer, err := s.admin.Connect(operator, &gossipkvpb.ConnectRequest{Address: address})
		return answer.GetServer(), err
	}
	if server, err := connect(first, second.addr); err != nil || server != 2 {
		t.Fatalf("a link to server 2: %d, %v", server, err)
	}
	first.put(t, "A", "a")
	second.awaitValue(t, "A", "a")

	if _, err := second.admin.Disconnect(operator, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: 1}}); err != nil {
		t.Fatal(err)
	}
	first.awaitLinks(t, 0)
	first.put(t, "A", "b")
	if got, err := second.Get(t.Context(), &gossipkvpb.GetRequest{Key: []byte("A")}); err != nil || string(got.GetValue()) != "a" {
		t.Errorf("behind the cut there is {%v}, %v", got, err)
	}
	if server, err := connect(second, first.addr); err != nil || server != 1 {
		t.Fatalf("the link again: %d, %v", server, err)
	}
	second.awaitValue(t, "A", "b")

	for name, test := range map[string]struct {
		address string
		code    codes.Code
		says    string
	}{
		"itself":     {first.addr, codes.FailedPrecondition, "this server itself"},
		"nobody":     {freeAddress(t), codes.Unavailable, "tried again"},
		"same again": {second.addr, codes.OK, ""},
	} {
		if _, err := connect(first, test.address); status.Code(err) != test.code || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("a link to %s: %v; want %v with %q", name, err, test.code, test.says)
		}
	}
	twin := startServer(t, "--id=2", "--admin-token=secret")
	if _, err := connect(twin, second.addr); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "number 2") {
		t.Errorf("a link between two servers 2: %v; want FAILED_PRECONDITION", err)
	}
	if _, err := first.admin.Disconnect(operator, &gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: 9}}); status.Code(err) != codes.NotFound {
		t.Errorf("the end of no link: %v; want NOT_FOUND", err)
	}

	second.stop(t)
	if _, err := first.admin.Forget(operator, &gossipkvpb.ForgetRequest{Server: 2}); err != nil {
		t.Fatal(err)
	}
	got := first.await(t, "a member that was forgotten", func(s *gossipkvpb.StatusResponse) bool { return len(s.GetMembers()) == 2 })
	if got.GetMembers()[1].GetState() != gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN {
		t.Errorf("the members are %v", got.GetMembers())
	}
	first.stop(t)
}

// TestPeerToken: servers with one token are linked, and one without is refused.
func TestPeerToken(t *testing.T) {
	token := "--peer-token-file=" + write(t, "peers", "secret\n")
	first := startServer(t, "--id=1", token)
	second := startServer(t, "--id=2", token, "--peers="+first.addr)
	stranger := startServer(t, "--id=3", "--peers="+first.addr)
	second.awaitLinks(t, 1)
	got := stranger.await(t, "a reason", func(s *gossipkvpb.StatusResponse) bool {
		return len(s.GetLinks()) == 1 && s.GetLinks()[0].GetReason() != "it was not reached yet"
	})
	if link := got.GetLinks()[0]; link.GetUp() || !strings.Contains(link.GetReason(), "--peer-token-file") {
		t.Errorf("the link of a stranger is {%v}", link)
	}
	for _, server := range []*running{first, second, stranger} {
		server.stop(t)
	}
}

// TestCopy: a folder that was copied is another store, which goes on under another incarnation, and brings nothing into confusion.
func TestCopy(t *testing.T) {
	folder := t.TempDir()
	first := startServer(t, "--id=1", "--data-dir="+folder+"/old")
	before := first.put(t, "A", "a")
	first.stop(t)
	if err := os.CopyFS(folder+"/copy", os.DirFS(folder+"/old")); err != nil {
		t.Fatal(err)
	}
	restored := startServer(t, "--id=1", "--data-dir="+folder+"/copy")
	after := restored.put(t, "A", "b")
	if after.GetServer() != 1 || after.GetIncarnation() == before.GetIncarnation() || after.GetTime() <= before.GetTime() {
		t.Errorf("a copy writes as {%v}, after {%v}", after, before)
	}
	restored.stop(t)
	if !strings.Contains(restored.log.String(), "another incarnation") {
		t.Errorf("its log does not say so:\n%s", restored.log)
	}
}
