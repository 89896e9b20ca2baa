package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// chain starts three servers, of which the first and the last are linked to the second.
func chain(t *testing.T) (c *Cluster, servers [4]*Server) {
	c = NewCluster()
	for number := uint32(1); number <= 3; number++ {
		servers[number] = c.Add(number, fmt.Sprint("127.0.0.1:", number))
	}
	c.Connect(1, 2)
	c.Connect(2, 3)
	t.Cleanup(c.Stop)
	return c, servers
}

// connect returns a connection with a server.
func connect(t *testing.T, c *Cluster, s *Server) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+s.Address(), grpc.WithContextDialer(c.DialContext), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func callsOf(t *testing.T, c *Cluster, s *Server) gossipkvpb.GossipKVClient {
	t.Helper()
	return gossipkvpb.NewGossipKVClient(connect(t, c, s))
}

// TestRefusals: what no server takes is refused for what it is, and changes nothing.
func TestRefusals(t *testing.T) {
	c, servers := chain(t)
	client := callsOf(t, c, servers[1])
	long := make([]byte, maxKey+1)
	seen := func(time uint64, server uint32) *gossipkvpb.Version {
		return &gossipkvpb.Version{Time: time, Server: server}
	}
	put := func(r *gossipkvpb.PutRequest) error { _, err := client.Put(t.Context(), r); return err }
	get := func(r *gossipkvpb.GetRequest) error { _, err := client.Get(t.Context(), r); return err }
	for name, err := range map[string]error{
		"an empty key":                put(&gossipkvpb.PutRequest{}),
		"1025 bytes long":             put(&gossipkvpb.PutRequest{Key: long}),
		"the value is 16777217 bytes": put(&gossipkvpb.PutRequest{Key: []byte("x"), Value: make([]byte, maxValue+1)}),
		"time is 1099511627777":       put(&gossipkvpb.PutRequest{Key: []byte("x"), SessionTime: maxLead + 1}),
		"the key is empty":            get(&gossipkvpb.GetRequest{}),
		"time and its server":         get(&gossipkvpb.GetRequest{Key: []byte("x"), Seen: seen(0, 1)}),
		"are 1 or greater":            get(&gossipkvpb.GetRequest{Key: []byte("x"), Seen: seen(1, 0)}),
		"18446744073709551615":        get(&gossipkvpb.GetRequest{Key: []byte("x"), Seen: seen(1<<64-1, 1)}),
		"bound of the dump":           dump(t, client, &gossipkvpb.DumpRequest{Prefix: long}).err,
		"must have at least 1 byte":   func() error { _, err := client.Delete(t.Context(), new(gossipkvpb.DeleteRequest)); return err }(),
	} {
		if status.Code(err) != codes.InvalidArgument || name != "an empty key" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if st, err := client.Status(t.Context(), new(gossipkvpb.StatusRequest)); err != nil || st.GetTime() != 0 || st.GetKeys() != 0 || st.GetPuts()+st.GetGets()+st.GetDumps() != 0 {
		t.Errorf("then the status is %v, %v", st, err)
	}
	if err := put(&gossipkvpb.PutRequest{Key: long[:maxKey], Value: make([]byte, maxValue), SessionTime: maxLead}); err != nil {
		t.Errorf("what is just within the limits: %v", err)
	}
}

type dumped struct {
	keys string
	err  error
}

func dump(t *testing.T, client gossipkvpb.GossipKVClient, r *gossipkvpb.DumpRequest) dumped {
	t.Helper()
	stream, err := client.Dump(t.Context(), r)
	var keys []string
	for err == nil {
		var part *gossipkvpb.DumpResponse
		part, err = stream.Recv()
		for _, pair := range part.GetPairs() {
			keys = append(keys, string(pair.GetKey()))
			if r.GetKeysOnly() == (len(pair.GetValue()) > 0) || pair.GetVersion().GetTime() == 0 {
				t.Errorf("dumped is {%v}", pair)
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return dumped{strings.Join(keys, " "), err}
}

// TestDump: it shows values in the order of their keys.
func TestDump(t *testing.T) {
	c, servers := chain(t)
	client := callsOf(t, c, servers[1])
	for _, key := range []string{"a5", "a1", "b", "a4", "a2", "a3"} {
		if _, err := client.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte("v")}); err != nil {
			t.Fatal(err)
		}
	}
	c.Cut(2, 3) // so that a tombstone stays
	if _, err := client.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("a2")}); err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]*gossipkvpb.DumpRequest{
		"a1 a3 a4 a5 b": {},
		"a1 a3 a4 a5":   {Prefix: []byte("a")},
		"a4 a5":         {Prefix: []byte("a"), After: []byte("a3"), KeysOnly: true},
		"a1 a3":         {Limit: 2},
	} {
		if got := dump(t, client, r); got.keys != want || got.err != nil {
			t.Errorf("dump of {%v}: %v; want %s", r, got, want)
		}
	}
}

// TestStatus: it tells what there is, and what a linked server lacks.
func TestStatus(t *testing.T) {
	c, servers := chain(t)
	client := callsOf(t, c, servers[2])
	c.Cut(2, 3)
	for _, key := range []string{"x", "yy"} {
		if _, err := client.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte(key), Value: []byte("v")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("x"), SessionTime: 10}); err != nil {
		t.Fatal(err)
	}
	st, err := client.Status(t.Context(), new(gossipkvpb.StatusRequest))
	if err != nil {
		t.Fatal(err)
	}
	if st.GetServer() != 2 || st.GetTime() != 11 || st.GetKeys() != 1 || st.GetBytes() != 3 || st.GetTombstones() != 1 || st.GetPuts() != 2 || st.GetDeletes() != 1 {
		t.Errorf("the status is %v", st)
	}
	if v := st.GetVector(); len(v) != 1 || v[0].GetServer() != 2 || v[0].GetIncarnation() != st.GetIncarnation() || v[0].GetTime() != 11 {
		t.Errorf("the vector is %v", v)
	}
	links := st.GetLinks()
	if len(links) != 2 || !links[0].GetUp() || links[0].GetBehindEntries() != 0 || links[1].GetUp() || links[1].GetReason() == "" ||
		links[1].GetServer() != 3 || links[1].GetAddress() != servers[3].Address() || links[1].GetBehindEntries() != 2 || links[1].GetBehindBytes() != 4 {
		t.Errorf("the links are %v", links)
	}
	if m := st.GetMembers(); len(m) != 3 || len(m[0].GetVector()) != 1 || len(m[2].GetVector()) != 0 || m[2].GetState() != gossipkvpb.MemberState_MEMBER_STATE_MEMBER {
		t.Errorf("the members are %v", m)
	}
	c.Heal(2, 3)
	if st, err = client.Status(t.Context(), new(gossipkvpb.StatusRequest)); err != nil || st.GetTombstones() != 0 || st.GetLinks()[1].GetBehindEntries() != 0 {
		t.Errorf("after all the status is %v, %v", st, err)
	}
}

// TestAdmin: links are made and ended by calls; a server is forgotten, and stopped.
func TestAdmin(t *testing.T) {
	c, servers := chain(t)
	conn := connect(t, c, servers[1])
	client, admin := gossipkvpb.NewGossipKVClient(conn), gossipkvpb.NewGossipKVAdminClient(conn)
	to := func(address string) (uint32, codes.Code) {
		response, err := admin.Connect(t.Context(), &gossipkvpb.ConnectRequest{Address: address})
		return response.GetServer(), status.Code(err)
	}
	for address, want := range map[string]codes.Code{"": codes.InvalidArgument, "127.0.0.1:9": codes.Unavailable, servers[1].Address(): codes.FailedPrecondition} {
		if _, code := to(address); code != want {
			t.Errorf("Connect to %q: %v; want %v", address, code, want)
		}
	}
	disconnect := func(r *gossipkvpb.DisconnectRequest) codes.Code {
		_, err := admin.Disconnect(t.Context(), r)
		return status.Code(err)
	}
	if code := disconnect(&gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Server{Server: 2}}); code != codes.OK {
		t.Errorf("Disconnect: %v", code)
	}
	if code := disconnect(&gossipkvpb.DisconnectRequest{Peer: &gossipkvpb.DisconnectRequest_Address{Address: servers[2].Address()}}); code != codes.NotFound {
		t.Errorf("Disconnect again: %v", code)
	}
	if _, err := client.Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, callsOf(t, c, servers[3]), &gossipkvpb.DumpRequest{KeysOnly: true}); got.keys != "" {
		t.Errorf("without a link the third server has %v", got)
	}
	servers[3].Stop()
	if _, code := to(servers[3].Address()); code != codes.Unavailable {
		t.Errorf("Connect to one that is stopped: %v", code)
	}
	servers[3].Start() // to which there is a link now
	if got := dump(t, callsOf(t, c, servers[2]), &gossipkvpb.DumpRequest{KeysOnly: true}); got.keys != "x" {
		t.Errorf("over the third server the second has %v", got)
	}
	forget := func(number uint32) codes.Code {
		_, err := admin.Forget(t.Context(), &gossipkvpb.ForgetRequest{Server: number})
		return status.Code(err)
	}
	if code := forget(9); code != codes.NotFound {
		t.Errorf("Forget of nobody: %v", code)
	}
	if code := forget(2); code != codes.OK {
		t.Errorf("Forget: %v", code)
	}
	if _, code := to(servers[2].Address()); code != codes.FailedPrecondition {
		t.Errorf("Connect to one that was forgotten: %v", code)
	}
	if _, err := callsOf(t, c, servers[2]).Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("x")}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a write at one that was forgotten: %v", err)
	}
	if _, err := admin.Shutdown(t.Context(), new(gossipkvpb.ShutdownRequest)); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	for err := error(nil); status.Code(err) != codes.Unavailable; {
		_, err = client.Status(t.Context(), new(gossipkvpb.StatusRequest)) // until the server is gone
	}
}

// TestRegister: a server can be reached over a network, by whoever listens.
func TestRegister(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, server := NewCluster(), grpc.NewServer()
	c.Register(server, 7, listener.Addr().String())
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	response, err := gossipkvpb.NewGossipKVClient(conn).Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("x"), SessionTime: 4})
	if err != nil || response.GetVersion().GetTime() != 5 || response.GetVersion().GetServer() != 7 {
		t.Errorf("%v, %v", response, err)
	}
	if _, err := c.DialContext(context.Background(), listener.Addr().String()); err == nil {
		t.Error("who listens elsewhere is found in memory")
	}
}
