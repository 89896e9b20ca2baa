package service

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkv/inprocess"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
)

var plaintext = grpc.WithTransportCredentials(insecure.NewCredentials())

// gossips starts two servers that are linked.
func gossips(t *testing.T) (cluster *inprocess.Cluster, servers []*inprocess.Server, target Target) {
	t.Helper()
	cluster = inprocess.NewCluster()
	target.Dialing = []grpc.DialOption{plaintext}
	for number := uint32(1); number <= 2; number++ {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		servers = append(servers, cluster.Register(server, number, listener.Addr().String()))
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		conn, err := grpc.NewClient(listener.Addr().String(), plaintext)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		target.Servers = append(target.Servers, Server{Addr: listener.Addr().String(), Conns: []*grpc.ClientConn{conn}})
	}
	cluster.Connect(1, 2)
	return cluster, servers, target
}

// putAt puts a key at a server.
func putAt(t *testing.T, server Server, key string) {
	t.Helper()
	client, err := gossipkv.Dial([]string{server.Addr}, plaintext)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Session(nil).Put(context.WithoutCancel(t.Context()), []byte(key), []byte("v")); err != nil {
		t.Error(err)
	}
}

// clock is the time of a history.
func clock() func() int64 {
	start := time.Now()
	return func() int64 { return int64(time.Since(start)) }
}

// count returns how many of the operations are of a call.
func count(operations []history.Operation, call string) (number int) {
	for _, o := range operations {
		if o.Call == call {
			number++
		}
	}
	return number
}

// TestEnd_late: a write that comes between two dumps, as one of unknown outcome may, does not make the servers look unequal.
func TestEnd_late(t *testing.T) {
	_, servers, target := gossips(t)
	putAt(t, target.Servers[0], "early")
	var late atomic.Bool
	servers[1].Faults = func(method string) inprocess.Fault {
		if method == "Dump" && !late.Swap(true) {
			putAt(t, target.Servers[0], "late")
		}
		return inprocess.None
	}
	operations, err := endGossipKV(t.Context(), target, clock())
	if err != nil || operations[0].Answer != model.Equal || count(operations, model.Dump) != 2 || count(operations, model.Pair) != 4 {
		t.Errorf("the end is %+v, %v; want that all are equal, and both keys twice", operations, err)
	}
}

// TestEnd_unequal: servers that do not become equal are told with what they know, and those that say nothing by name.
func TestEnd_unequal(t *testing.T) {
	for silent, says := range map[bool]string{false: " knows the writes of server 1 up to 1, and ", true: " does not tell what it knows: "} {
		cluster, servers, target := gossips(t)
		cluster.Cut(1, 2)
		putAt(t, target.Servers[0], "k")
		if silent {
			servers[1].Faults = func(string) inprocess.Fault { return inprocess.Lose }
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		operations, err := endGossipKV(ctx, target, clock())
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), target.Servers[1].Addr) {
			t.Errorf("silent %v: %v; want an error that names the second server, and says %s", silent, err, says)
		}
		if len(operations) != 1 || operations[0].Failure != "DEADLINE_EXCEEDED" || operations[0].Value != err.Error() {
			t.Errorf("silent %v: the end is %+v; want one operation that failed, with the reason", silent, operations)
		}
	}
}
